/// A stretch of storage that one call of a kernel can take.
enum Segment {
  /// `count` runs of `length` elements from `start` on; the first belongs to `group`, the next to the
  /// next.
  case runs(start: Int, count: Int, length: Int, group: Int)
  /// `count` elements from `start` on, whose groups the pattern tells.
  case lanes(start: Int, count: Int, pattern: LanePattern)
}

/// The groups of consecutive elements, for runs too short to fill a vector: element i from the
/// beginning of the pattern belongs to `group` + ((`column` + i) mod `rowLength`) / `runLength`.
struct LanePattern: Equatable {
  let group: Int
  let column: Int
  let rowLength: Int
  let runLength: Int

  /// Calls `body` with every element's index and group.
  func forEach(_ count: Int, _ body: (_ lane: Int, _ group: Int) -> Void) {
    var (run, position) = column.quotientAndRemainder(dividingBy: runLength)
    var column = column
    for lane in 0..<count {
      body(lane, group + run)
      column += 1
      position += 1
      if column == rowLength {
        (column, run, position) = (0, 0, 0)
      } else if position == runLength {
        run += 1
        position = 0
      }
    }
  }
}

extension BlockGeometry {
  /// From this length on a run fills the vectors of a kernel.
  static let shortestRun = 16
  /// The most elements of a lane segment: its parameters then stay in the first-level cache.
  static let longestPattern = 2048

  /// Cuts a stretch of elements into segments, each element once.
  func forEachSegment(in elements: Range<Int>, _ body: (Segment) throws -> Void) rethrows {
    if runLength >= Self.shortestRun {
      try forEachRunSegment(in: elements, body)
    } else {
      try forEachLaneSegment(in: elements, body)
    }
  }

  /// The segments as runs, in storage order, whatever their length.
  func forEachRunSegment(in elements: Range<Int>, _ body: (Segment) throws -> Void) rethrows {
    for row in rows(touchedBy: elements) {
      let start = row * rowLength
      let columns = (elements.clamped(to: start..<start + rowLength)).shifted(by: -start)
      let first = firstGroup(ofRow: row)
      var column = columns.lowerBound
      while column < columns.upperBound {
        let (run, position) = column.quotientAndRemainder(dividingBy: runLength)
        let whole = (columns.upperBound - column) / runLength
        // A run that the stretch cuts stands alone; whole ones go together.
        let isWhole = position == 0 && whole > 0
        let length = isWhole ? runLength : min(runLength - position, columns.upperBound - column)
        let count = isWhole ? whole : 1
        try body(
          .runs(start: start + column, count: count, length: length, group: first + run))
        column += count * length
      }
    }
  }

  private func forEachLaneSegment(
    in elements: Range<Int>, _ body: (Segment) throws -> Void
  ) rethrows {
    let rows = rows(touchedBy: elements)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let group = firstGroup(ofRow: row)
      var end = row + 1
      while end < rows.upperBound, firstGroup(ofRow: end) == group { end += 1 }
      let band = elements.clamped(to: row * rowLength..<end * rowLength)
      if rowLength <= Self.longestPattern {
        try forEachRepetition(in: band, group: group, body)
      } else {
        try forEachTile(in: band, rows: row..<end, group: group, body)
      }
      row = end
    }
  }

  /// Short rows with the same groups: one pattern covers several of them.
  private func forEachRepetition(
    in band: Range<Int>, group: Int, _ body: (Segment) throws -> Void
  ) rethrows {
    let pattern = pattern(group: group, column: band.lowerBound % rowLength)
    let length = Self.longestPattern / rowLength * rowLength
    for start in stride(from: band.lowerBound, to: band.upperBound, by: length) {
      let count = min(length, band.upperBound - start)
      try body(.lanes(start: start, count: count, pattern: pattern))
    }
  }

  /// Long rows with the same groups: a tile of columns after the other, down all rows, so that a
  /// pattern is set up once a tile.
  private func forEachTile(
    in band: Range<Int>, rows: Range<Int>, group: Int, _ body: (Segment) throws -> Void
  ) rethrows {
    let columns =
      rows.count == 1 ? band.shifted(by: -rows.lowerBound * rowLength) : 0..<rowLength
    for column in stride(
      from: columns.lowerBound, to: columns.upperBound, by: Self.longestPattern)
    {
      let tile = column..<min(column + Self.longestPattern, columns.upperBound)
      for row in rows {
        let part = band.clamped(to: tile.shifted(by: row * rowLength))
        if part.isEmpty { continue }
        let pattern = pattern(group: group, column: part.lowerBound - row * rowLength)
        try body(.lanes(start: part.lowerBound, count: part.count, pattern: pattern))
      }
    }
  }

  private func pattern(group: Int, column: Int) -> LanePattern {
    LanePattern(group: group, column: column, rowLength: rowLength, runLength: runLength)
  }

  private func rows(touchedBy elements: Range<Int>) -> Range<Int> {
    elements.lowerBound / rowLength..<(elements.upperBound - 1) / rowLength + 1
  }
}

extension Range<Int> {
  func shifted(by offset: Int) -> Range<Int> {
    lowerBound + offset..<upperBound + offset
  }
}
