/// The ranges of consecutive groups, as far as they have been observed: bounds found by the vector
/// kernels, or the states of any other calculator; the other array is empty.
struct GroupRanges: Sendable {
  /// The number of the first group.
  let first: Int
  private(set) var min: [Float] = []
  private(set) var max: [Float] = []
  private(set) var accumulators: [any RangeAccumulator] = []

  /// Bounds found by the vector kernels.
  static func bounds(first: Int, min: [Float], max: [Float]) -> GroupRanges {
    GroupRanges(first: first, min: min, max: max)
  }

  /// The states of a calculator.
  static func accumulators(first: Int, _ states: [any RangeAccumulator]) -> GroupRanges {
    GroupRanges(first: first, accumulators: states)
  }

  private init(
    first: Int, min: [Float] = [], max: [Float] = [], accumulators: [any RangeAccumulator] = []
  ) {
    self.first = first
    self.min = min
    self.max = max
    self.accumulators = accumulators
  }

  /// Ranges of groups of which nothing has been seen.
  init(_ groups: Range<Int>, of quantization: TensorQuantization) {
    first = groups.lowerBound
    if quantization.hasVectorRange {
      min = Array(repeating: .infinity, count: groups.count)
      max = Array(repeating: -.infinity, count: groups.count)
    } else {
      accumulators = groups.map { _ in quantization.rangeCalculator.makeAccumulator() }
    }
  }

  /// The groups.
  var groups: Range<Int> { first..<first + Swift.max(min.count, accumulators.count) }

  /// The range of every group.
  var valueRanges: [ValueRange] {
    accumulators.isEmpty
      ? zip(min, max).map { ValueRange(min: Double($0), max: Double($1)) }
      : accumulators.map(\.range)
  }

  /// Takes in what was seen of some of these groups in later elements.
  mutating func merge(_ part: GroupRanges) {
    let offset = part.first - first
    for i in part.min.indices {
      min[offset + i] = Swift.min(min[offset + i], part.min[i])
      max[offset + i] = Swift.max(max[offset + i], part.max[i])
    }
    for (i, state) in part.accumulators.enumerated() {
      accumulators[offset + i].merge(state)
    }
  }
}
