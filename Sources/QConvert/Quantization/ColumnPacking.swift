/// How zero points share words: those of a column of groups, a row of the matrix after the other, each plus
/// 2^(bits-1), the first in the lowest bits of an I32.
public struct ColumnPacking: Hashable, Sendable {
  /// The bits of a zero point: 1, 2, 4 or 8.
  public let bits: Int

  /// A packing into 32 bits.
  public init(bits: Int) {
    self.bits = bits
  }

  /// The rows that share a word.
  public var rowsPerWord: Int { 32 / bits }

  /// The shape of the words of this grid of groups.
  public func shape(ofGrid grid: [Int]) -> [Int] {
    [((grid.first ?? 1) + rowsPerWord - 1) / rowsPerWord] + grid.dropFirst()
  }

  /// The words of rows in which this range of groups lies.
  func words(of groups: Range<Int>, columns: Int) -> Range<Int> {
    let rows = groups.lowerBound / columns..<(groups.upperBound + columns - 1) / columns
    let end = (rows.upperBound + rowsPerWord - 1) / rowsPerWord
    return rows.lowerBound / rowsPerWord * columns..<end * columns
  }

  /// Packs the zero points of whole rows, of which the first begins a word.
  func pack(
    _ zeros: UnsafeMutableBufferPointer<Int32>, columns: Int,
    into words: UnsafeMutableBufferPointer<UInt32>
  ) {
    unsafe words.update(repeating: 0)
    let mask = UInt32(1) << bits - 1
    for unsafe(index, zero) in unsafe zeros.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let code = UInt32(truncatingIfNeeded: zero + 1 << (bits - 1)) & mask
      unsafe words[row / rowsPerWord * columns + column] |= code << (row % rowsPerWord * bits)
    }
  }

  /// Unpacks the zero points of groups from the words in which they lie.
  func unpack(
    _ words: UnsafeBufferPointer<UInt32>, of groups: Range<Int>, columns: Int,
    into zeros: UnsafeMutableBufferPointer<Int32>
  ) {
    let first = groups.lowerBound / columns / rowsPerWord
    let mask = UInt32(1) << bits - 1
    for (index, group) in groups.enumerated() {
      let (row, column) = group.quotientAndRemainder(dividingBy: columns)
      let word = unsafe words[(row / rowsPerWord - first) * columns + column]
      let code = word >> (row % rowsPerWord * bits) & mask
      unsafe zeros[index] = Int32(code) - 1 << (bits - 1)
    }
  }
}
