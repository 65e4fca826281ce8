/// Reads the header of a GGUF file from front to back, a window at a time, trusting none of it.
struct GGUFCursor {
  private static let windowByteCount = 1 << 18

  let file: InputFile
  /// The place of the next byte.
  private(set) var offset = 0
  /// What is being read, for errors.
  var part = GGUFError.Part.start
  private var window: [UInt8] = []
  private var start = 0

  init(_ file: InputFile) {
    self.file = file
  }

  /// The bytes that are left for the header.
  var remaining: Int { min(file.byteCount, GGUFHeader.lengthLimit) - offset }

  /// Demands that so many bytes are left.
  func demand(_ count: UInt64) throws {
    guard count > UInt64(remaining) else { return }
    guard file.byteCount <= GGUFHeader.lengthLimit || count > UInt64(file.byteCount - offset)
    else { throw GGUFError.headerTooLong(part) }
    throw GGUFError.endsEarly(part, available: file.byteCount)
  }

  mutating func number<Number: FixedWidthInteger>() throws -> Number {
    let size = Number.bitWidth / 8
    try demand(UInt64(size))
    if offset + size > start + window.count {
      start = offset
      window = try file.bytes(start..<start + min(remaining, Self.windowByteCount))
    }
    var number: Number = 0
    for index in 0..<size {
      number |= Number(truncatingIfNeeded: window[offset - start + index]) << (8 * index)
    }
    offset += size
    return number
  }

  mutating func skip(_ count: UInt64) throws {
    try demand(count)
    offset += Int(count)
  }

  mutating func bytes(_ count: UInt64) throws -> [UInt8] {
    try skip(count)
    let range = offset - Int(count)..<offset
    if range.lowerBound >= start, range.upperBound <= start + window.count {
      return Array(window[range.lowerBound - start..<range.upperBound - start])
    }
    return try file.bytes(range)
  }

  /// A name: its length and its bytes, which are UTF-8.
  mutating func name() throws -> TensorName {
    let length: UInt64 = try number()
    guard length <= UInt64(GGUFHeader.nameLimit) else {
      throw GGUFError.nameTooLong(part, length)
    }
    guard let name = String(validating: try bytes(length), as: UTF8.self) else {
      throw GGUFError.notUTF8(part)
    }
    return TensorName(name)
  }
}

extension GGUFCursor {
  /// The longest value that is held in memory; others stay in the file.
  private static let heldByteCount = 1 << 16
  /// What is held of others.
  private static let previewByteCount: UInt64 = 1 << 10

  /// A value of the metadata with its type.
  ///
  /// - Parameters:
  ///   - key: Its key.
  ///   - isHeld: Whether it is held in memory however long it is.
  /// - Returns: The value.
  /// - Throws: ``GGUFError``, ``StorageError``.
  mutating func value(of key: TensorName, isHeld: Bool) throws -> GGUFValue {
    let type = try valueType(of: key)
    let start = offset
    try skipValue(type, of: key, depth: 0)
    let range = start..<offset
    var copy = self
    copy.offset = start
    if range.count <= Self.heldByteCount || isHeld {
      let value = GGUFValue(type, try copy.bytes(UInt64(range.count)))
      if type == .bool, let byte = value.bytes.first, byte > 1 {
        throw GGUFError.notBoolean(key, byte)
      }
      return value
    }
    return GGUFValue(type, try copy.bytes(Self.previewByteCount), in: range)
  }

  private mutating func valueType(of key: TensorName) throws -> GGUFValueType {
    let number: UInt32 = try number()
    guard let type = GGUFValueType(rawValue: number) else {
      throw GGUFError.unknownValueType(key, number)
    }
    return type
  }

  private mutating func skipValue(
    _ type: GGUFValueType, of key: TensorName, depth: Int
  ) throws {
    switch type {
    case .string: try skip(try number())
    case .array:
      guard depth < GGUFHeader.depthLimit else { throw GGUFError.arrayTooDeep(key) }
      let element = try valueType(of: key)
      let count: UInt64 = try number()
      // Checked before the product, which may be larger than any number.
      guard count <= UInt64(file.byteCount) / UInt64(element.leastByteCount) else {
        throw GGUFError.arrayTooLong(key, count: count)
      }
      try demand(count * UInt64(element.leastByteCount))
      if let size = element.byteCount { return try skip(count * UInt64(size)) }
      for _ in 0..<count { try skipValue(element, of: key, depth: depth + 1) }
    default: try skip(UInt64(type.leastByteCount))
    }
  }
}
