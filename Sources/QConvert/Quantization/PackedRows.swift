/// Where packed codes lie: the last axis is packed, and every row of it begins a new byte.
struct PackedRows: Hashable, Sendable {
  let bits: Int
  let rowLength: Int

  var perByte: Int { 8 / bits }
  private var bytesPerRow: Int { (rowLength + perByte - 1) / perByte }

  init(bits: Int, shape: [Int]) {
    self.bits = bits
    rowLength = shape.last ?? 1
  }

  /// The byte that holds an element; the element is the first in its byte.
  func byteOffset(of element: Int) -> Int {
    element / rowLength * bytesPerRow + element % rowLength / perByte
  }

  /// The bytes that hold a stretch of elements, which ends with a row or a byte.
  func byteRange(of elements: Range<Int>) -> Range<Int> {
    guard let last = elements.last else { return 0..<0 }
    return byteOffset(of: elements.lowerBound)..<byteOffset(of: last) + 1
  }

  /// Calls `body` for every stretch without padding in between: the elements, and their first byte
  /// counted from that of the stretch.
  func forEachRow(
    of elements: Range<Int>, _ body: (_ elements: Range<Int>, _ byte: Int) -> Void
  ) {
    let base = byteOffset(of: elements.lowerBound)
    if rowLength % perByte == 0 { return body(elements, 0) }
    var start = elements.lowerBound
    while start < elements.upperBound {
      let end = min((start / rowLength + 1) * rowLength, elements.upperBound)
      body(start..<end, byteOffset(of: start) - base)
      start = end
    }
  }
}
