import Testing

@testable import QConvert

@Suite struct PackedRowsTests {
  @Test(arguments: [2, 4], Array(1...9))
  func `every row begins a new byte`(_ bits: Int, _ length: Int) {
    let rows = PackedRows(CodePacking(bits: bits), shape: [3, length])
    let perByte = 8 / bits
    var byte = -1
    for element in 0..<3 * length {
      if element % length % perByte == 0 { byte += 1 }
      #expect(rows.byteOffset(of: element) == byte)
    }
    #expect(rows.byteRange(of: 0..<3 * length) == 0..<byte + 1)
    #expect(rows.byteRange(of: length..<2 * length).lowerBound == rows.byteOffset(of: length))
    #expect(rows.byteRange(of: 0..<0).isEmpty)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8], Array(1...70))
  func `rows of words are whole words`(_ bits: Int, _ length: Int) {
    let packing = CodePacking(bits: bits, rowAlignment: 4)
    let rows = PackedRows(packing, shape: [3, length])
    let words = (length * bits + 31) / 32
    #expect(packing.byteShape([3, length]) == [3, 4 * words])
    #expect(rows.isContinuous == (length * bits == 32 * words))
    for row in 0..<3 {
      let elements = row * length..<(row + 1) * length
      #expect(rows.byteRange(of: elements) == 4 * words * row..<4 * words * (row + 1))
    }
  }

  @Test(arguments: [2, 4], Array(1...9))
  func `stretches without padding are passed on with their bytes`(_ bits: Int, _ length: Int) {
    let rows = PackedRows(CodePacking(bits: bits), shape: [4, length])
    let elements = length..<4 * length
    var next = elements.lowerBound
    rows.forEachRow(of: elements) { row, bytes in
      #expect(row.lowerBound == next)
      #expect(bytes.lowerBound == rows.byteOffset(of: row.lowerBound) - rows.byteOffset(of: length))
      #expect(bytes.count == (row.count * bits + 7) / 8)
      // Only where rows are whole bytes may several be taken as one.
      #expect(row.count == length || length % (8 / bits) == 0)
      next = row.upperBound
    }
    #expect(next == elements.upperBound)
  }

  @Test func `a scalar is a row of one`() {
    let rows = PackedRows(CodePacking(bits: 4), shape: [])
    #expect(rows.byteRange(of: 0..<1) == 0..<1)
  }
}
