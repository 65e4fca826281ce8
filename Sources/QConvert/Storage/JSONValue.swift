/// A JSON value whose objects keep the order of their members.
indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Hashable, Sendable {
    let name: String
    let value: JSONValue
  }

  /// An object with these members, in this order; members without a value are left out.
  static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }

  /// A whole number.
  static func integer(_ value: Int) -> JSONValue { .number(Double(value)) }

  /// Parses a text.
  init(parsing text: some Sequence<UInt8>) throws {
    var reader = JSONReader(Array(text))
    self = try Self(from: &reader)
    try reader.expectEnd()
  }

  private init(from reader: inout JSONReader) throws {
    switch try reader.peek() {
    case UInt8(ascii: "{"):
      var members: [Member] = []
      try reader.readObject { reader, name in
        members.append(Member(name: name, value: try JSONValue(from: &reader)))
      }
      self = .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try reader.readArray { reader in elements.append(try JSONValue(from: &reader)) }
      self = .array(elements)
    case UInt8(ascii: "\""):
      self = .string(try reader.readString())
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      let word = try reader.readWord()
      self = word == "null" ? .null : .bool(word == "true")
    default:
      self = .number(Double(try reader.readNumber()) ?? .nan)
    }
  }

  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  var string: String? { if case .string(let string) = self { string } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  var integer: Int? { number.flatMap(Int.init(exactly:)) }
}

extension JSONValue: CustomStringConvertible {
  /// The text without blanks.
  var description: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// The text with a member or element a line; values nested deeper than `depth` stay on one line.
  func indented(depth: Int = .max) -> String {
    var text = ""
    write(to: &text, indentation: 0, depth: depth)
    return text
  }

  private func write(to text: inout String, indentation: Int? = nil, depth: Int = 0) {
    let inner = depth > 0 ? indentation.map { $0 + 2 } : nil
    func newline(_ indentation: Int?) {
      if let indentation { text += "\n" + String(repeating: " ", count: indentation) }
    }
    func list<T>(_ items: [T], _ open: String, _ close: String, _ each: (T) -> Void) {
      text += open
      for (index, item) in items.enumerated() {
        if index > 0 { text += inner == nil && indentation != nil ? ", " : "," }
        newline(inner)
        each(item)
      }
      if !items.isEmpty, inner != nil { newline(indentation) }
      text += close
    }
    let next = inner ?? indentation
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value):
      text += Int(exactly: value).map(String.init) ?? (value.isFinite ? "\(value)" : "null")
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      list(elements, "[", "]") { $0.write(to: &text, indentation: next, depth: depth - 1) }
    case .object(let members):
      list(members, "{", "}") { member in
        Self.write(member.name, to: &text)
        text += indentation == nil ? ":" : ": "
        member.value.write(to: &text, indentation: next, depth: depth - 1)
      }
    }
  }

  /// Writes a string with its quotes; control characters are escaped.
  static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7f}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
