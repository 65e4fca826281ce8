/// Bytes of GGUF files, put together without the code under test.
enum GGUFBytes {
  static func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + text.utf8 }

  /// A pair: the number of the type of its value, and the bytes of that.
  static func pair(_ key: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] {
    text(key) + number(type) + value
  }

  /// The entry of a tensor; the axes innermost first, as in the file.
  static func tensor(
    _ name: String, _ axes: [UInt64], type: UInt32 = 0, at offset: UInt64 = 0,
    rank: UInt32? = nil
  ) -> [UInt8] {
    text(name) + number(rank ?? UInt32(axes.count)) + axes.flatMap(number) + number(type)
      + number(offset)
  }

  /// A file.
  static func file(
    version: UInt32 = 3, pairs: [[UInt8]] = [], tensors: [[UInt8]] = [], pairCount: UInt64? = nil,
    tensorCount: UInt64? = nil, alignment: Int = 32, data: Int = 0
  ) -> [UInt8] {
    var bytes = Array("GGUF".utf8) + number(version)
    bytes += number(tensorCount ?? UInt64(tensors.count))
    bytes += number(pairCount ?? UInt64(pairs.count))
    bytes += pairs.flatMap(\.self) + tensors.flatMap(\.self)
    if data > 0 { bytes += [UInt8](repeating: 0, count: (-bytes.count) & (alignment - 1)) }
    return bytes + [UInt8](repeating: 1, count: data)
  }
}
