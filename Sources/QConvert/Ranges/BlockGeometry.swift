/// Where the groups of a tensor lie in its row-major storage.
///
/// Let k be the last axis that is split. The axes after it are whole, so `runLength` = block[k] x their
/// lengths contiguous elements belong to one group, and runs follow each other. Groups, numbered
/// row-major in the grid of blocks, then run on linearly along axis k, and along every axis before it
/// whose blocks are single indices. So storage is a sequence of *rows*: a row is the longest stretch
/// whose runs belong to consecutive groups.
///
///     shape [4, 6], block [1, 3]   one row of 8 runs of 3       groups 0 1 2 3 4 5 6 7
///     shape [4, 6], block [4, 1]   4 rows of 6 runs of 1        groups 0 ... 5 in each row
///     shape [4, 6], block [2, 3]   4 rows of 2 runs of 3        groups 0 1 | 0 1 | 2 3 | 2 3
///
/// The last block of an axis is shorter where the blocks do not divide it. Where that is axis k, the last
/// run of every line along it is, and a row is a line.
///
///     shape [2, 5], block [1, 3]   2 rows of runs of 3 and 2    groups 0 1 | 2 3
struct BlockGeometry: Hashable, Sendable {
  let shape: [Int]
  let block: [Int]
  /// The number of blocks along every axis: the shape of a tensor's scale.
  let grid: [Int]
  let elementCount: Int
  let groupCount: Int
  /// Contiguous elements of one group.
  let runLength: Int
  /// Contiguous elements of consecutive groups.
  let rowLength: Int
  /// The smallest number of contiguous elements, from a multiple of it on, that holds whole groups; the
  /// last unit may be shorter.
  let unitLength: Int

  /// The number of axes that number the rows: those before the first of a row.
  private let rowAxes: Int
  private let groupsPerUnit: Int

  /// The geometry of a tensor with at least one element; every extent of `block` is positive.
  init(shape: [Int], block: [Int]) {
    self.shape = shape
    self.block = block
    grid = zip(shape, block).map { ($0 + $1 - 1) / $1 }
    elementCount = shape.reduce(1, *)
    groupCount = grid.reduce(1, *)
    let split = shape.indices.filter { block[$0] < shape[$0] }
    func elements(after axis: Int) -> Int { shape[(axis + 1)...].reduce(1, *) }
    func isRagged(_ axis: Int) -> Bool { shape[axis] % block[axis] != 0 }
    guard let last = split.last else {
      runLength = elementCount
      rowLength = elementCount
      unitLength = elementCount
      rowAxes = 0
      groupsPerUnit = 1
      return
    }
    runLength = block[last] * elements(after: last)
    var first = last
    while first > 0, block[first - 1] == 1, !isRagged(last) { first -= 1 }
    rowAxes = first
    rowLength = elements(after: first - 1)
    // Axes before this one are split into single indices.
    let outermost = min(shape.indices.first { block[$0] != 1 } ?? last, last)
    if isRagged(outermost), elements(after: outermost - 1) < elementCount {
      // Blocks of one length do not meet the beginnings of all indices of the axes before.
      unitLength = elements(after: outermost - 1)
      groupsPerUnit = grid[outermost...].reduce(1, *)
    } else {
      unitLength = min(block[outermost] * elements(after: outermost), elementCount)
      groupsPerUnit = grid[(outermost + 1)...].reduce(1, *)
    }
  }

  var runsPerRow: Int { (rowLength + runLength - 1) / runLength }

  /// The group of a row's first run.
  func firstGroup(ofRow row: Int) -> Int {
    var row = row
    var group = 0
    var stride = runsPerRow
    for axis in (0..<rowAxes).reversed() {
      let (outer, index) = row.quotientAndRemainder(dividingBy: shape[axis])
      group += index / block[axis] * stride
      stride *= grid[axis]
      row = outer
    }
    return group
  }

  /// The groups whose elements make up a stretch of whole units.
  func groups(ofUnits elements: Range<Int>) -> Range<Int> {
    let end =
      elements.upperBound == elementCount
      ? groupCount : elements.upperBound / unitLength * groupsPerUnit
    return elements.lowerBound / unitLength * groupsPerUnit..<end
  }

  /// The groups that a stretch of elements touches, and perhaps others between them.
  func groups(touchedBy elements: Range<Int>) -> Range<Int> {
    let rows = elements.lowerBound / rowLength..<(elements.upperBound - 1) / rowLength + 1
    let firsts = rows.lazy.map(firstGroup(ofRow:))
    guard rows.count > 1, let low = firsts.min(), let high = firsts.max() else {
      let row = rows.lowerBound * rowLength
      let first = firstGroup(ofRow: rows.lowerBound)
      return first + (elements.lowerBound - row) / runLength..<first
        + (elements.upperBound - 1 - row) / runLength + 1
    }
    return low..<high + runsPerRow
  }
}

extension BlockGeometry {
  /// Whether a group ends with its axis before it is full.
  func isPartial(group: Int) -> Bool {
    var group = group
    for axis in shape.indices.reversed() {
      let (outer, index) = group.quotientAndRemainder(dividingBy: grid[axis])
      if (index + 1) * block[axis] > shape[axis] { return true }
      group = outer
    }
    return false
  }

  /// The flat index of the first element of a group.
  func firstElement(ofGroup group: Int) -> Int {
    var group = group
    var stride = 1
    var element = 0
    for axis in shape.indices.reversed() {
      let (outer, index) = group.quotientAndRemainder(dividingBy: grid[axis])
      element += index * block[axis] * stride
      stride *= shape[axis]
      group = outer
    }
    return element
  }
}
