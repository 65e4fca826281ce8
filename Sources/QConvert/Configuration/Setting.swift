/// A value of a configuration with the path that leads to it.
struct Setting {
  let path: String
  let value: JSONValue

  var isNull: Bool { value == .null }

  /// The settings inside, in their order.
  ///
  /// - Throws: ``ConfigurationError/wrongKind(_:expected:)`` unless it is a mapping.
  func members() throws(ConfigurationError) -> [(name: String, setting: Setting)] {
    guard let members = value.members else { throw kind("a mapping") }
    return members.map { ($0.name, Setting(path: path(to: $0.name), value: $0.value)) }
  }

  /// The settings inside, in their order, where null stands for none.
  func optionalMembers() throws(ConfigurationError) -> [(name: String, setting: Setting)] {
    isNull ? [] : try members()
  }

  /// Demands that nothing is inside but what is known.
  func check(known: [String], ignored: Set<String> = []) throws(ConfigurationError) {
    for (name, setting) in try members() where !known.contains(name) && !ignored.contains(name) {
      throw .unknownKey(setting.path, known: known)
    }
  }

  /// A setting inside; nil where there is none.
  func member(_ name: String) -> Setting? {
    value[name].map { Setting(path: path(to: name), value: $0) }
  }

  func string() throws(ConfigurationError) -> String {
    guard let string = value.string else { throw kind("a string") }
    return string
  }

  func integer() throws(ConfigurationError) -> Int {
    guard let integer = value.integer else { throw kind("a whole number") }
    return integer
  }

  /// One of the named choices.
  func choice<Choice>(
    _ known: [String], _ choice: (String) -> Choice?
  ) throws(ConfigurationError) -> Choice {
    let name = try string()
    guard let chosen = choice(name) else { throw .unknownValue(path, name, known: known) }
    return chosen
  }

  func kind(_ expected: String) -> ConfigurationError { .wrongKind(path, expected: expected) }

  /// `a.b` for words, `a["b.c"]` for names with dots in them.
  private func path(to name: String) -> String {
    let isWord = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "*"):
        true
      default: false
      }
    }
    if isWord, !name.isEmpty { return path.isEmpty ? name : "\(path).\(name)" }
    return "\(path)[\"\(name)\"]"
  }
}
