/// The types of values in the metadata of a GGUF file, numbered as in it.
enum GGUFValueType: UInt32, CaseIterable, Sendable {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64,
    float64

  /// The bytes of a value; nil where they depend on the value.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// The fewest bytes that a value takes: a text its length, an array its type and length.
  var leastByteCount: Int { byteCount ?? (self == .string ? 8 : 12) }
}

/// A value in the metadata of a GGUF file, with its bytes as they are there.
///
/// Long ones, such as the tokens of a vocabulary, stay in the file: what is here is how they begin.
struct GGUFValue: Hashable, Sendable {
  let type: GGUFValueType
  /// The bytes of the value without its type; if it stays in the file, the first of them.
  let bytes: [UInt8]
  /// Where a value is that stays in its file.
  let range: Range<Int>?

  init(_ type: GGUFValueType, _ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.type = type
    self.bytes = bytes
    self.range = range
  }
}

extension GGUFValue {
  static func uint32(_ value: UInt32) -> GGUFValue {
    GGUFValue(.uint32, value.littleEndianBytes)
  }

  static func string(_ value: String) -> GGUFValue {
    let text = Array(value.utf8)
    return GGUFValue(.string, UInt64(text.count).littleEndianBytes + text)
  }

  static func array(_ values: [Int32]) -> GGUFValue {
    GGUFValue(
      .array,
      GGUFValueType.int32.rawValue.littleEndianBytes + UInt64(values.count).littleEndianBytes
        + values.flatMap(\.littleEndianBytes))
  }

  /// The value in a file by itself.
  ///
  /// - Throws: ``StorageError`` where it stayed in its file and cannot be read.
  func whole(in file: InputFile) throws(StorageError) -> GGUFValue {
    guard let range else { return self }
    return GGUFValue(type, try file.bytes(range))
  }

  /// The whole text; nil for another value, for one that stays in its file, and for bytes that are no UTF-8.
  var text: String? {
    guard type == .string, range == nil else { return nil }
    return String(validating: bytes.dropFirst(8), as: UTF8.self)
  }

  /// A number that is not negative; nil for another value.
  var size: Int? {
    switch type {
    case .uint8, .uint16, .uint32, .uint64: Int(exactly: bits(0, bytes.count))
    case .int8: Int(exactly: Int8(truncatingIfNeeded: bits(0, 1))).flatMap(positive)
    case .int16: Int(exactly: Int16(truncatingIfNeeded: bits(0, 2))).flatMap(positive)
    case .int32: Int(exactly: Int32(truncatingIfNeeded: bits(0, 4))).flatMap(positive)
    case .int64: Int(exactly: Int64(bitPattern: bits(0, 8))).flatMap(positive)
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  private func positive(_ value: Int) -> Int? { value >= 0 ? value : nil }

  private func bits(_ start: Int, _ count: Int) -> UInt64 {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A key with its value.
struct GGUFPair: Hashable, Sendable {
  let key: TensorName
  let value: GGUFValue

  init(_ key: String, _ value: GGUFValue) {
    self.key = TensorName(key)
    self.value = value
  }
}

extension GGUFValue: CustomStringConvertible {
  /// The value in words: texts as they are, of long arrays the first elements.
  var description: String {
    var place = 0
    return type == .array ? array(at: &place) : element(type, at: &place) ?? "…"
  }

  /// The elements of an array that are shown.
  private static let shown = 8

  /// An element, and the place behind it; nil where it is not here as a whole.
  private func element(_ type: GGUFValueType, at place: inout Int) -> String? {
    let start = place
    if type == .array { return bytes.count - start < 12 ? nil : array(at: &place) }
    let length = type.byteCount ?? 8
    guard bytes.count - start >= length else { return nil }
    place += length
    let bits = bits(start, length)
    switch type {
    case .uint8, .uint16, .uint32, .uint64: return "\(bits)"
    case .int8: return "\(Int8(truncatingIfNeeded: bits))"
    case .int16: return "\(Int16(truncatingIfNeeded: bits))"
    case .int32: return "\(Int32(truncatingIfNeeded: bits))"
    case .int64: return "\(Int64(bitPattern: bits))"
    case .float32: return "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
    case .float64: return "\(Double(bitPattern: bits))"
    case .bool: return bits == 0 ? "false" : "true"
    case .string, .array:
      let room = bytes.count - place
      let count = Int(min(bits, UInt64(room)))
      let text = Array(bytes[place..<place + count])
      place += count
      return Int(bits) > count ? Self.cut(text) : TensorName(escaping: text).string
    }
  }

  /// A text that goes on, without the part of a character at its end.
  private static func cut(_ text: [UInt8]) -> String {
    let whole = (0..<4).lazy.compactMap {
      String(validating: text.dropLast($0), as: UTF8.self)
    }.first
    return (whole ?? TensorName(escaping: text).string) + "…"
  }

  private func array(at place: inout Int) -> String {
    let type = GGUFValueType(rawValue: UInt32(truncatingIfNeeded: bits(place, 4)))
    let count = bits(place + 4, 8)
    place += 12
    var words: [String] = []
    while let type, words.count < Self.shown, UInt64(words.count) < count,
      let element = element(type, at: &place)
    {
      words.append(type == .string ? "\"\(element)\"" : element)
    }
    let isWhole = UInt64(words.count) == count
    return "[\(words.joined(separator: ", "))\(isWhole ? "]" : ", …] of \(count)")"
  }
}
