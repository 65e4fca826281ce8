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
  /// The smallest number of contiguous elements, from a multiple of it on, that holds whole groups.
  let unitLength: Int

  /// The number of axes that number the rows: those before the first of a row.
  private let rowAxes: Int

  /// The geometry of a tensor with at least one element; every extent of `block` divides its axis.
  init(shape: [Int], block: [Int]) {
    self.shape = shape
    self.block = block
    grid = zip(shape, block).map { $0 / $1 }
    elementCount = shape.reduce(1, *)
    groupCount = grid.reduce(1, *)
    let split = shape.indices.filter { block[$0] < shape[$0] }
    func elements(after axis: Int) -> Int { shape[(axis + 1)...].reduce(1, *) }
    guard let last = split.last else {
      runLength = elementCount
      rowLength = elementCount
      unitLength = elementCount
      rowAxes = 0
      return
    }
    runLength = block[last] * elements(after: last)
    var first = last
    while first > 0, block[first - 1] == 1 { first -= 1 }
    rowAxes = first
    rowLength = elements(after: first - 1)
    let outermost = shape.indices.first { block[$0] != 1 } ?? last
    unitLength = outermost < last ? block[outermost] * elements(after: outermost) : runLength
  }

  var runsPerRow: Int { rowLength / runLength }

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
    let perUnit = groupCount / (elementCount / unitLength)
    return elements.lowerBound / unitLength * perUnit..<elements.upperBound / unitLength * perUnit
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
