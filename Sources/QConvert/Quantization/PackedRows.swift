/// Where packed codes lie: the last axis is packed, and every row of it begins a new byte or word.
struct PackedRows: Hashable, Sendable {
  let packing: CodePacking
  let rowLength: Int
  private let bytesPerRow: Int

  init(_ packing: CodePacking, shape: [Int]) {
    self.packing = packing
    rowLength = shape.last ?? 1
    bytesPerRow = packing.bytesPerRow(rowLength)
  }

  /// Whether nothing is filled up between the rows.
  var isContinuous: Bool { bytesPerRow * 8 == rowLength * packing.bits }

  /// The byte that holds an element; the element is the first in its byte.
  func byteOffset(of element: Int) -> Int {
    element / rowLength * bytesPerRow + element % rowLength * packing.bits / 8
  }

  /// The least stretch around another that begins and ends with a row or a byte.
  func enclosing(_ elements: Range<Int>) -> Range<Int> {
    let unit = packing.codesPerUnit
    let (row, column) = elements.lowerBound.quotientAndRemainder(dividingBy: rowLength)
    let (lastRow, lastColumn) = elements.upperBound.quotientAndRemainder(dividingBy: rowLength)
    let end = min((lastColumn + unit - 1) / unit * unit, rowLength)
    return row * rowLength + column / unit * unit..<lastRow * rowLength + end
  }

  /// The bytes that hold a stretch of elements, which ends with a row or a byte.
  func byteRange(of elements: Range<Int>) -> Range<Int> {
    guard !elements.isEmpty else { return 0..<0 }
    let (row, rest) = elements.upperBound.quotientAndRemainder(dividingBy: rowLength)
    // The end of a row has what the row is filled up with before it.
    let end = rest == 0 ? row * bytesPerRow : byteOffset(of: elements.upperBound)
    return byteOffset(of: elements.lowerBound)..<end
  }

  /// Calls `body` for every stretch without padding in between: the elements, and their bytes counted from
  /// the first of the whole stretch.
  func forEachRow(
    of elements: Range<Int>, _ body: (_ elements: Range<Int>, _ bytes: Range<Int>) -> Void
  ) {
    let base = byteOffset(of: elements.lowerBound)
    if isContinuous { return body(elements, byteRange(of: elements).shifted(by: -base)) }
    var start = elements.lowerBound
    while start < elements.upperBound {
      let end = min((start / rowLength + 1) * rowLength, elements.upperBound)
      body(start..<end, byteRange(of: start..<end).shifted(by: -base))
      start = end
    }
  }
}
