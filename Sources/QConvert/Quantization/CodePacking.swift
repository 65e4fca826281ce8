/// How the codes of a row, the elements along the last axis, share bytes.
public struct CodePacking: Hashable, Sendable {
  /// The bits of a code that are stored, from 1 to 8.
  public let bits: Int
  /// Whether a code is stored plus 2^(bits-1), so that the lowest signed one is 0.
  public let isOffset: Bool
  /// The bytes of which a row takes a whole number; what is left of the last is filled up with zero bits.
  public let rowAlignment: Int

  /// A stream of bits in which the first code has the lowest ones.
  public init(bits: Int, isOffset: Bool = false, rowAlignment: Int = 1) {
    self.bits = bits
    self.isOffset = isOffset
    self.rowAlignment = rowAlignment
  }

  /// The bytes of a row of so many codes.
  func bytesPerRow(_ rowLength: Int) -> Int {
    let bytes = (rowLength * bits + 7) / 8
    return (bytes + rowAlignment - 1) / rowAlignment * rowAlignment
  }

  /// The shape of the bytes of codes.
  func byteShape(_ shape: [Int]) -> [Int] {
    shape.dropLast() + [bytesPerRow(shape.last ?? 1)]
  }

  /// The least number of codes that end where a byte ends.
  var codesPerUnit: Int { 8 >> min(bits.trailingZeroBitCount, 3) }
}
