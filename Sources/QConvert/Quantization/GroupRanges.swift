/// The ranges of consecutive groups, as far as they have been observed.
enum GroupRanges: Sendable {
  /// Bounds found by the vector kernels.
  case bounds(first: Int, min: [Float], max: [Float])
  /// The state of any calculator.
  case accumulators(first: Int, [any RangeAccumulator])
}

extension GroupRanges {
  /// Ranges of groups of which nothing has been seen.
  init(_ groups: Range<Int>, of quantization: TensorQuantization) {
    if quantization.hasVectorRange {
      self = .bounds(
        first: groups.lowerBound, min: Array(repeating: .infinity, count: groups.count),
        max: Array(repeating: -.infinity, count: groups.count))
    } else {
      self = .accumulators(
        first: groups.lowerBound,
        groups.map { _ in quantization.rangeCalculator.makeAccumulator() })
    }
  }

  /// Takes in what was seen of some of these groups in later elements.
  mutating func merge(_ part: GroupRanges) {
    // What is taken out belongs to nobody else: no merge copies all groups.
    switch part {
    case .bounds(let start, let partMin, let partMax):
      guard let own = takeBounds() else { break }
      let first = own.first
      var (min, max) = (own.min, own.max)
      for i in partMin.indices {
        min[start - first + i] = Swift.min(min[start - first + i], partMin[i])
        max[start - first + i] = Swift.max(max[start - first + i], partMax[i])
      }
      self = .bounds(first: first, min: min, max: max)
      return
    case .accumulators(let start, let parts):
      guard let own = takeAccumulators() else { break }
      let first = own.first
      var all = own.all
      for (i, part) in parts.enumerated() { all[start - first + i].merge(part) }
      self = .accumulators(first: first, all)
      return
    }
    preconditionFailure("ranges of different calculators do not merge")
  }

  private mutating func takeBounds() -> (first: Int, min: [Float], max: [Float])? {
    guard case .bounds(let first, let min, let max) = self else { return nil }
    self = .bounds(first: first, min: [], max: [])
    return (first, min, max)
  }

  private mutating func takeAccumulators() -> (first: Int, all: [any RangeAccumulator])? {
    guard case .accumulators(let first, let all) = self else { return nil }
    self = .accumulators(first: first, [])
    return (first, all)
  }
}
