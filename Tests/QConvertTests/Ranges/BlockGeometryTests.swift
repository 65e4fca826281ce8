import Testing

@testable import QConvert

@Suite struct BlockGeometryTests {
  /// Counted by hand: shape, block, run, row and unit length, groups.
  @Test(arguments: [
    ([4, 6], [1, 3], 3, 24, 3, 8),
    ([4, 6], [4, 1], 1, 6, 24, 6),
    ([4, 6], [2, 3], 3, 6, 12, 4),
    ([4, 6], [4, 6], 24, 24, 24, 1),
    ([4, 6], [1, 6], 6, 24, 6, 4),
    ([4, 6], [2, 6], 12, 24, 12, 2),
    ([2, 4, 6], [1, 4, 1], 1, 6, 24, 12),
    ([2, 4, 6], [1, 1, 6], 6, 48, 6, 8),
    ([7], [1], 1, 7, 1, 7),
    ([1, 1], [1, 1], 1, 1, 1, 1),
    ([5, 6], [2, 1], 1, 6, 12, 18),
    ([2, 5], [1, 3], 3, 5, 5, 4),
    ([1, 5], [1, 3], 3, 5, 3, 2),
    ([5, 6], [7, 1], 1, 6, 30, 6),
    ([5, 6], [1, 7], 6, 30, 6, 5),
  ])
  func `the lengths of known blocks`(
    _ shape: [Int], _ block: [Int], _ run: Int, _ row: Int, _ unit: Int, _ groups: Int
  ) {
    let geometry = BlockGeometry(shape: shape, block: block)
    #expect(geometry.runLength == run)
    #expect(geometry.rowLength == row)
    #expect(geometry.unitLength == unit)
    #expect(geometry.groupCount == groups)
    #expect(geometry.grid == zip(shape, block).map { ($0 + $1 - 1) / $1 })
    #expect(geometry.elementCount == shape.reduce(1, *))
  }

  @Test(arguments: BlockedShape.all)
  func `rows are sequences of runs of consecutive groups`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    #expect(geometry.elementCount % geometry.rowLength == 0)
    #expect(
      ((geometry.runsPerRow - 1) * geometry.runLength + 1...geometry.runsPerRow * geometry.runLength)
        .contains(geometry.rowLength))
    #expect(!blocked.isEven || geometry.rowLength == geometry.runsPerRow * geometry.runLength)
    let computed = (0..<geometry.elementCount).map { element in
      geometry.firstGroup(ofRow: element / geometry.rowLength)
        + element % geometry.rowLength / geometry.runLength
    }
    #expect(computed == blocked.groups)
  }

  @Test(arguments: BlockedShape.all)
  func `a group begins at its first element`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    #expect(geometry.groupCount == (blocked.groups.max() ?? 0) + 1)
    var firsts = [Int?](repeating: nil, count: geometry.groupCount)
    for (element, group) in blocked.groups.enumerated() where firsts[group] == nil {
      firsts[group] = element
    }
    #expect((0..<geometry.groupCount).map(geometry.firstElement(ofGroup:)) == firsts)
  }

  @Test(arguments: BlockedShape.all)
  func `a unit is a stretch of whole groups, the shortest of even ones`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    let count = geometry.elementCount
    var last = [Int](repeating: 0, count: geometry.groupCount)
    for (element, group) in blocked.groups.enumerated() { last[group] = element }
    let first = (0..<geometry.groupCount).map(geometry.firstElement(ofGroup:))
    func holdsWholeGroups(_ length: Int) -> Bool {
      zip(first, last).allSatisfy { $0 / length == $1 / length }
    }
    #expect(holdsWholeGroups(geometry.unitLength))
    guard blocked.isEven else { return }
    #expect(
      geometry.unitLength == (1...count).first { count % $0 == 0 && holdsWholeGroups($0) })
  }

  @Test(arguments: BlockedShape.all)
  func `the groups of units are those of their elements`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    let unit = geometry.unitLength
    let units = (geometry.elementCount + unit - 1) / unit
    for start in Set([0, units / 2, units - 1]) {
      for end in Set([start + 1, (start + units + 1) / 2, units]) where start < end {
        let elements = start * unit..<min(end * unit, geometry.elementCount)
        let expected = Set(blocked.groups[elements])
        let actual = geometry.groups(ofUnits: elements)
        #expect(Set(actual) == expected, "\(elements)")
      }
    }
  }

  @Test(arguments: BlockedShape.all)
  func `a group that is not full is partial`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    var counts = [Int](repeating: 0, count: geometry.groupCount)
    for group in blocked.groups { counts[group] += 1 }
    let full = blocked.block.reduce(1, *)
    #expect(counts.indices.map(geometry.isPartial(group:)) == counts.map { $0 < full })
  }

  @Test(arguments: BlockedShape.all)
  func `the groups touched by a stretch hold all of its groups`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    var random = SeededGenerator(seed: 13)
    for elements in blocked.stretches(&random) {
      let touched = geometry.groups(touchedBy: elements)
      #expect(touched.isSuperset(of: blocked.groups[elements]), "\(elements)")
      #expect((0..<geometry.groupCount).isSuperset(of: touched), "\(elements)")
      // Within a row there is nothing in between that could be too much.
      if elements.lowerBound / geometry.rowLength == (elements.upperBound - 1) / geometry.rowLength
      {
        #expect(touched.count == Set(blocked.groups[elements]).count, "\(elements)")
      }
    }
  }
}

extension Range<Int> {
  /// Whether all of the numbers lie within.
  fileprivate func isSuperset(of numbers: some Sequence<Int>) -> Bool {
    numbers.allSatisfy(contains)
  }
}
