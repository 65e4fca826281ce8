/// Finds the range that stands for a group of values.
///
/// A calculator is registered under the name by which a spec asks for it; see ``Calculators``.
public protocol RangeCalculator: Sendable {
  /// An accumulator that has seen nothing yet. Every group gets its own.
  func makeAccumulator() -> any RangeAccumulator
}

/// The state of a range calculation over one group.
///
/// A group's values arrive in pieces: in storage order within a slab, and slabs are merged in storage
/// order. Results that do not depend on where the pieces end do not depend on the memory bound either.
public protocol RangeAccumulator: Sendable {
  /// Takes in finite values of the group.
  mutating func observe(_ values: Span<Double>)

  /// Takes in all that an accumulator of the same calculator, over later values, has seen.
  mutating func merge(_ other: any RangeAccumulator)

  /// The range, called once all values are in; finite, min <= max.
  var range: ValueRange { get }
}

/// The smallest and largest value, as the reference's `minmax`.
public struct MinMaxRange: RangeCalculator {
  /// The calculator.
  public init() {}

  /// An accumulator of the smallest and the largest value.
  public func makeAccumulator() -> any RangeAccumulator { Accumulator() }

  private struct Accumulator: RangeAccumulator {
    var range = ValueRange.empty

    mutating func observe(_ values: Span<Double>) {
      for i in values.indices {
        range.min = Swift.min(range.min, values[i])
        range.max = Swift.max(range.max, values[i])
      }
    }

    mutating func merge(_ other: any RangeAccumulator) {
      range.min = Swift.min(range.min, other.range.min)
      range.max = Swift.max(range.max, other.range.max)
    }
  }
}
