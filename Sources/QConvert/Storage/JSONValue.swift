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

  /// Reads a value of any kind.
  init(from reader: inout JSONReader) throws {
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
    var text: [UInt8] = []
    write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The text with a member or element a line; values nested deeper than `depth` stay on one line.
  func indented(depth: Int = .max) -> String {
    var text: [UInt8] = []
    write(to: &text, indentation: 0, depth: depth)
    return String(decoding: text, as: UTF8.self)
  }

  /// Writes the text as UTF-8 bytes, without blanks unless there is an indentation.
  func write(to text: inout [UInt8], indentation: Int? = nil, depth: Int = 0) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .number(let value):
      let number = Int(exactly: value).map(String.init) ?? (value.isFinite ? "\(value)" : "null")
      text += number.utf8
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      let inner = Self.open("[", &text, indentation, depth)
      for (index, element) in elements.enumerated() {
        Self.separate(index, &text, inner, indentation)
        element.write(to: &text, indentation: inner ?? indentation, depth: depth - 1)
      }
      Self.close("]", &text, elements.isEmpty ? nil : inner, indentation)
    case .object(let members):
      let inner = Self.open("{", &text, indentation, depth)
      for (index, member) in members.enumerated() {
        Self.separate(index, &text, inner, indentation)
        Self.write(member.name, to: &text)
        text += (indentation == nil ? ":" : ": ").utf8
        member.value.write(to: &text, indentation: inner ?? indentation, depth: depth - 1)
      }
      Self.close("}", &text, members.isEmpty ? nil : inner, indentation)
    }
  }

  /// Writes a bracket; returns the indentation of what follows where that goes on lines of its own.
  private static func open(
    _ bracket: String, _ text: inout [UInt8], _ indentation: Int?, _ depth: Int
  ) -> Int? {
    text += bracket.utf8
    return depth > 0 ? indentation.map { $0 + 2 } : nil
  }

  private static func separate(
    _ index: Int, _ text: inout [UInt8], _ inner: Int?, _ indentation: Int?
  ) {
    if index > 0 { text += (inner == nil && indentation != nil ? ", " : ",").utf8 }
    newline(&text, inner)
  }

  private static func close(
    _ bracket: String, _ text: inout [UInt8], _ inner: Int?, _ indentation: Int?
  ) {
    if inner != nil { newline(&text, indentation) }
    text += bracket.utf8
  }

  private static func newline(_ text: inout [UInt8], _ indentation: Int?) {
    guard let indentation else { return }
    text.append(UInt8(ascii: "\n"))
    text += repeatElement(UInt8(ascii: " "), count: indentation)
  }

  /// Writes a whole number, which is not negative.
  static func write(_ number: Int, to text: inout [UInt8]) {
    let start = text.count
    var rest = number
    repeat {
      text.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    text[start...].reverse()
  }

  /// Writes a string with its quotes; control characters are escaped.
  static func write(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case 0x0a: text += "\\n".utf8
      case 0x0d: text += "\\r".utf8
      case 0x09: text += "\\t".utf8
      case 0..<0x20, 0x7f:
        text += "\\u00".utf8
        if byte < 0x10 { text.append(UInt8(ascii: "0")) }
        text += String(byte, radix: 16).utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
