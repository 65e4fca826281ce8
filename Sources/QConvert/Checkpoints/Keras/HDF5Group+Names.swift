extension HDF5Group {
  func attribute(_ name: String) -> HDF5Attribute? {
    attributes.first { TensorName($0.name) == TensorName(name) }
  }

  /// Whether the group lists names, in one attribute or in several.
  func lists(_ attribute: String) -> Bool {
    attributes.contains { $0.name == attribute || $0.name == "\(attribute)0" }
  }

  /// The names that the group lists; none without the attribute.
  ///
  /// A list that is too long for one attribute is in several, `layer_names0`, `layer_names1` and so on.
  func names(_ attribute: String) throws(KerasError) -> [String] {
    let parts = Dictionary(
      attributes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if let whole = parts[attribute] { return try names(in: whole) }
    var names: [String] = []
    var number = 0
    while let part = parts["\(attribute)\(number)"] {
      names += try self.names(in: part)
      number += 1
    }
    return names
  }

  /// The names of one attribute, each a path below the group.
  private func names(in attribute: HDF5Attribute) throws(KerasError) -> [String] {
    guard let texts = attribute.texts else {
      throw attribute.isUnread
        ? .tooLarge(path, attribute: attribute.name) : .notTexts(path, attribute: attribute.name)
    }
    return try texts.map { text throws(KerasError) in
      guard let name = String(validating: text, as: UTF8.self) else {
        throw .notUTF8(path, attribute: attribute.name)
      }
      if let flaw = KerasNameFlaw(in: name) {
        throw .name(path, attribute: attribute.name, name: TensorName(name), flaw)
      }
      return name
    }
  }
}
