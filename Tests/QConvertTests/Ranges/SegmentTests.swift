import Testing

@testable import QConvert

@Suite struct SegmentTests {
  /// Collects the group that segments give to every element of a stretch.
  private struct Coverage {
    let elements: Range<Int>
    /// Nil where no segment came by.
    var groups: [Int?]
    var isTwice = false

    init(_ elements: Range<Int>) {
      self.elements = elements
      groups = Array(repeating: nil, count: elements.count)
    }

    mutating func add(_ element: Int, _ group: Int) {
      guard elements.contains(element), groups[element - elements.lowerBound] == nil else {
        isTwice = true
        return
      }
      groups[element - elements.lowerBound] = group
    }

    mutating func add(_ segment: Segment) {
      switch segment {
      case .runs(let start, let count, let length, let group):
        for index in 0..<count * length { add(start + index, group + index / length) }
      case .lanes(let start, let count, let pattern):
        var lanes: [(Int, Int)] = []
        pattern.forEach(count) { lane, group in lanes.append((start + lane, group)) }
        for (element, group) in lanes { add(element, group) }
      }
    }
  }

  @Test(arguments: BlockedShape.all)
  func `segments cover every element once with its group`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    var random = SeededGenerator(seed: 14)
    for elements in blocked.stretches(&random) {
      var coverage = Coverage(elements)
      geometry.forEachSegment(in: elements) { coverage.add($0) }
      #expect(!coverage.isTwice, "\(elements)")
      #expect(coverage.groups == blocked.groups[elements].map { $0 }, "\(elements)")
    }
  }

  @Test(arguments: BlockedShape.all)
  func `run segments cover every element once, in storage order`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    var random = SeededGenerator(seed: 15)
    for elements in blocked.stretches(&random) {
      var coverage = Coverage(elements)
      var next = elements.lowerBound
      geometry.forEachRunSegment(in: elements) { segment in
        coverage.add(segment)
        guard case .runs(let start, let count, let length, _) = segment else { return }
        #expect(start == next)
        next = start + count * length
      }
      #expect(next == elements.upperBound)
      #expect(coverage.groups == blocked.groups[elements].map { $0 }, "\(elements)")
    }
  }

  /// Workers reserve memory for the longest pattern, and runs shorter than a vector are slow.
  @Test(arguments: BlockedShape.all)
  func `lanes stay within a pattern and short runs become lanes`(_ blocked: BlockedShape) {
    let geometry = blocked.geometry
    geometry.forEachSegment(in: 0..<geometry.elementCount) { segment in
      switch segment {
      case .runs:
        #expect(geometry.runLength >= BlockGeometry.shortestRun)
      case .lanes(_, let count, _):
        #expect(geometry.runLength < BlockGeometry.shortestRun)
        #expect(count <= BlockGeometry.longestPattern)
      }
    }
  }

  @Test func `a pattern begins in the middle of a run and wraps at the end of a row`() {
    let pattern = LanePattern(group: 10, column: 3, rowLength: 6, runLength: 2)
    var groups: [Int] = []
    pattern.forEach(8) { lane, group in
      #expect(lane == groups.count)
      groups.append(group)
    }
    #expect(groups == [11, 12, 12, 10, 10, 11, 11, 12])
  }
}
