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
    switch (consume self, part) {
    case (.bounds(let first, var min, var max), .bounds(let start, let partMin, let partMax)):
      for i in partMin.indices {
        min[start - first + i] = Swift.min(min[start - first + i], partMin[i])
        max[start - first + i] = Swift.max(max[start - first + i], partMax[i])
      }
      self = .bounds(first: first, min: min, max: max)
    case (.accumulators(let first, var all), .accumulators(let start, let parts)):
      for (i, part) in parts.enumerated() { all[start - first + i].merge(part) }
      self = .accumulators(first: first, all)
    case (let own, _):
      preconditionFailure("ranges of different calculators do not merge: \(own)")
    }
  }
}
