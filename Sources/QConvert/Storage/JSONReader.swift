/// A strict reader of JSON text (RFC 8259) over bytes that nobody vouches for.
///
/// Stricter than most readers: the same name twice in an object is an error, and nothing is converted
/// on the way (a size is digits, not `2.0`). Nesting is bounded, so no input exhausts the stack.
struct JSONReader {
  /// The deepest nesting that is read; the Rust reader of safetensors stops at the same depth.
  static let depthLimit = 127

  private let bytes: [UInt8]
  /// The index of the next byte.
  private(set) var offset = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The next byte that is not white space, left in place.
  mutating func peek() throws(JSONError) -> UInt8 {
    skipBlanks()
    guard offset < bytes.count else { throw .endsEarly }
    return bytes[offset]
  }

  /// Demands that nothing but white space is left.
  mutating func expectEnd() throws(JSONError) {
    skipBlanks()
    guard offset == bytes.count else { throw .unexpected(bytes[offset], at: offset) }
  }

  /// Reads an object; `member` reads the value that follows a name.
  mutating func readObject(_ member: (inout JSONReader, String) throws -> Void) throws {
    try enter(UInt8(ascii: "{"))
    var names = NameSet()
    if try peek() == UInt8(ascii: "}") { return leave() }
    while true {
      guard try peek() == UInt8(ascii: "\"") else { throw unexpectedByte }
      let start = offset
      let name = try readString()
      guard names.insert(TensorName(name)) else {
        throw JSONError.duplicateName(TensorName(name), at: start)
      }
      try expect(UInt8(ascii: ":"))
      try member(&self, name)
      if try peek() == UInt8(ascii: "}") { return leave() }
      try expect(UInt8(ascii: ","))
    }
  }

  /// Reads an array; `element` reads each of its values.
  mutating func readArray(_ element: (inout JSONReader) throws -> Void) throws {
    try enter(UInt8(ascii: "["))
    if try peek() == UInt8(ascii: "]") { return leave() }
    while true {
      try element(&self)
      if try peek() == UInt8(ascii: "]") { return leave() }
      try expect(UInt8(ascii: ","))
    }
  }

  /// Reads a string; escapes are resolved, a lone surrogate or bytes that are not UTF-8 are errors.
  mutating func readString() throws(JSONError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = offset
    // Most strings need no second look: their bytes are the text.
    while offset < bytes.count, bytes[offset] >= 0x20, bytes[offset] != UInt8(ascii: "\""),
      bytes[offset] != UInt8(ascii: "\\")
    {
      offset += 1
    }
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
      offset += 1
      return try string(bytes[start..<offset - 1], at: start)
    }
    var text = Array(bytes[start..<offset])
    while true {
      guard offset < bytes.count else { throw .endsEarly }
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return try string(text[...], at: start)
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case 0..<0x20: throw .unexpected(byte, at: offset - 1)
      default: text.append(byte)
      }
    }
  }

  private func string(_ text: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw .invalidUTF8(at: start)
    }
    return string
  }

  /// Reads a whole number written as digits: no sign, fraction, exponent or leading zero.
  mutating func readSize() throws(JSONError) -> Int {
    let first = try peek()
    let start = offset
    guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= first else { throw .notASize(at: start) }
    let text = try readNumber()
    if let value = Int(text) { return value }
    throw text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      ? .sizeTooLarge(at: start) : .notASize(at: start)
  }

  /// Reads a number and returns its text.
  mutating func readNumber() throws(JSONError) -> String {
    _ = try peek()
    let start = offset
    if take(UInt8(ascii: "-")) {}
    if !take(UInt8(ascii: "0")) { try takeDigits() }
    if take(UInt8(ascii: ".")) { try takeDigits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try takeDigits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// Reads one of the words `true`, `false` and `null`.
  mutating func readWord() throws(JSONError) -> String {
    _ = try peek()
    for word in ["true", "false", "null"] where bytes[offset...].starts(with: word.utf8) {
      offset += word.utf8.count
      return word
    }
    throw unexpectedByte
  }

  /// Reads a value of any kind and drops it.
  mutating func skipValue() throws {
    switch try peek() {
    case UInt8(ascii: "{"): try readObject { reader, _ in try reader.skipValue() }
    case UInt8(ascii: "["): try readArray { reader in try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try readString()
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): _ = try readWord()
    default: _ = try readNumber()
    }
  }

  private var unexpectedByte: JSONError {
    offset < bytes.count ? .unexpected(bytes[offset], at: offset) : .endsEarly
  }

  private mutating func skipBlanks() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0a, 0x0d: offset += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func takeDigits() throws(JSONError) {
    let start = offset
    while offset < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[offset] {
      offset += 1
    }
    guard offset > start else { throw unexpectedByte }
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard try peek() == byte else { throw unexpectedByte }
    offset += 1
  }

  private mutating func enter(_ bracket: UInt8) throws(JSONError) {
    try expect(bracket)
    depth += 1
    guard depth <= Self.depthLimit else { throw .tooDeep(at: offset - 1) }
  }

  private mutating func leave() {
    offset += 1
    depth -= 1
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
    guard offset < bytes.count else { throw .endsEarly }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let start = offset - 2
      var code = UInt32(try readHex())
      if 0xd800..<0xdc00 ~= code, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
        let low = UInt32(try readHex())
        guard 0xdc00..<0xe000 ~= low else { throw .loneSurrogate(at: start) }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw .loneSurrogate(at: start) }
      text.append(contentsOf: String(scalar).utf8)
    default: throw .unexpected(byte, at: offset - 1)
    }
  }

  private mutating func readHex() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 4 else { throw .endsEarly }
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
        throw unexpectedByte
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }
}

/// The names of an object; most objects have a few, for which a list is enough.
private struct NameSet {
  private var few: [TensorName] = []
  private var many = Set<TensorName>()

  /// Adds a name; false when it was there.
  mutating func insert(_ name: TensorName) -> Bool {
    if !many.isEmpty { return many.insert(name).inserted }
    if few.contains(name) { return false }
    few.append(name)
    if few.count > 8 { many = Set(few) }
    return true
  }
}

/// What is wrong with JSON text.
public enum JSONError: Error, Hashable, Sendable {
  case endsEarly
  case unexpected(UInt8, at: Int)
  case invalidUTF8(at: Int)
  case loneSurrogate(at: Int)
  case duplicateName(TensorName, at: Int)
  case notASize(at: Int)
  case sizeTooLarge(at: Int)
  case tooDeep(at: Int)
}

extension JSONError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .endsEarly: "the text ends in the middle of a value"
    case .unexpected(let byte, let offset):
      "unexpected \(Self.name(of: byte)) at byte \(offset)"
    case .invalidUTF8(let offset): "the string at byte \(offset) is not UTF-8"
    case .loneSurrogate(let offset): "half a surrogate pair at byte \(offset)"
    case .duplicateName(let name, let offset):
      "the name \"\(name)\" stands twice in one object, again at byte \(offset)"
    case .notASize(let offset): "expected a whole number >= 0 at byte \(offset)"
    case .sizeTooLarge(let offset): "the number at byte \(offset) is larger than 2^63 - 1"
    case .tooDeep(let offset): "more than \(JSONReader.depthLimit) levels deep at byte \(offset)"
    }
  }

  private static func name(of byte: UInt8) -> String {
    0x21..<0x7f ~= byte
      ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
  }
}
