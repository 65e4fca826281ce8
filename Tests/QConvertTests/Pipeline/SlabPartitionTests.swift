import Testing

@testable import QConvert

@Suite struct SlabPartitionTests {
  private func slabs(_ partition: SlabPartition) -> [Range<Int>] {
    (0..<partition.count).map { partition[$0] }
  }

  /// Whether the slabs are all elements, each once and in order.
  private func cover(_ slabs: [Range<Int>], _ count: Int) -> Bool {
    var next = 0
    for slab in slabs {
      guard slab.lowerBound == next, !slab.isEmpty else { return false }
      next = slab.upperBound
    }
    return next == count
  }

  @Test(
    arguments: BlockedShape.random(150, seed: 16)
      + BlockedShape.random(150, seed: 18, ragged: true),
    [
      CodePacking(bits: 8), CodePacking(bits: 4), CodePacking(bits: 2), CodePacking(bits: 3),
      CodePacking(bits: 6, rowAlignment: 4),
    ])
  func `slabs hold all elements, whole bytes, and whole groups where one pass is enough`(
    _ blocked: BlockedShape, _ packing: CodePacking
  ) {
    let geometry = blocked.geometry
    let count = geometry.elementCount
    var random = SeededGenerator(seed: 17)
    let rows = PackedRows(packing, shape: blocked.shape)
    let unit = packing.codesPerUnit
    for limit in [1, 2, 7, 64, 1 + random.below(2 * count), count] {
      let partition = SlabPartition(geometry, limit: limit, packing: packing)
      let slabs = slabs(partition)
      #expect(cover(slabs, count), "limit \(limit)")
      // Whole bytes are the least.
      #expect(slabs.allSatisfy { $0.count <= max(limit, unit) }, "limit \(limit)")
      if count <= limit { #expect(!partition.needsRangePass) }
      if !partition.needsRangePass {
        let groups = slabs.map { Set(blocked.groups[$0]) }
        #expect(groups.reduce(0) { $0 + $1.count } == geometry.groupCount, "limit \(limit)")
      }
      let bytes = slabs.map(rows.byteRange(of:))
      #expect(cover(bytes, rows.byteRange(of: 0..<count).count), "limit \(limit)")
    }
  }

  @Test(arguments: [1, 3, 4, 5, 64, 1000], 1...8)
  func `packed values without groups are cut at whole bytes`(_ lastAxis: Int, _ bits: Int) {
    let count = 7 * lastAxis
    let packing = CodePacking(bits: bits)
    let rows = PackedRows(packing, shape: [7, lastAxis])
    for limit in [1, 3, 10, 100, 10_000] {
      let partition = SlabPartition(packing, shape: [7, lastAxis], limit: limit)
      let slabs = slabs(partition)
      #expect(cover(slabs, count), "limit \(limit)")
      #expect(slabs.allSatisfy { $0.count <= max(limit, packing.codesPerUnit) }, "limit \(limit)")
      let bytes = slabs.map(rows.byteRange(of:))
      #expect(cover(bytes, rows.byteRange(of: 0..<count).count), "limit \(limit)")
    }
  }

  @Test func `a partition without groups cuts at the length`() {
    #expect(slabs(SlabPartition(elementCount: 10, length: 4)) == [0..<4, 4..<8, 8..<10])
    #expect(slabs(SlabPartition(elementCount: 0, length: 4)).isEmpty)
    #expect(slabs(SlabPartition(elementCount: 4, length: 4)) == [0..<4])
  }

  @Test func `a range pass is needed only where a group is larger than a slab`() {
    let rows = BlockGeometry(shape: [8, 16], block: [1, 16])
    #expect(!SlabPartition(rows, limit: 16, packing: nil).needsRangePass)
    #expect(SlabPartition(rows, limit: 15, packing: nil).needsRangePass)
    let columns = BlockGeometry(shape: [8, 16], block: [8, 1])
    #expect(SlabPartition(columns, limit: 127, packing: nil).needsRangePass)
    #expect(!SlabPartition(columns, limit: 128, packing: nil).needsRangePass)
  }

  @Test func `slabs take whole pages of codes where groups leave the choice`() {
    let limit = 120 * Page.byteCount
    let rows = BlockGeometry(shape: [1000, 5632], block: [1, 5632])
    for (bits, length) in [(8, 80 * 5632), (4, 80 * 5632), (3, 64 * 5632)] {
      let partition = SlabPartition(rows, limit: limit, packing: CodePacking(bits: bits))
      #expect(partition.length == length)
      #expect((length * bits / 8).isMultiple(of: Page.byteCount))
    }
    // Rows that fill no pages together before the limit.
    let odd = BlockGeometry(shape: [1000, 5001], block: [1, 5001])
    #expect(SlabPartition(odd, limit: limit, packing: nil).length == limit / 5001 * 5001)
  }
}
