/// A range that takes in the ranges of further tensors, one after the other; the first is its beginning.
///
/// A calculator is registered under the name by which a spec asks for it; see ``Calculators``. The
/// counterpart of coreai-opt's `RunningRangeMixin.update_running_range`.
public protocol RunningRange: Sendable {
  /// The setting that decides how ranges are taken in, which a saved state must have in common with what
  /// continues it; 0 where there is none.
  var constant: Double { get }

  /// The running range after one more tensor.
  ///
  /// - Parameters:
  ///   - range: The running range: min <= 0 <= max.
  ///   - new: The range of the tensor: min <= 0 <= max.
  ///   - precision: The precision of both, to which every step is rounded.
  /// - Returns: The running range, in the same precision.
  func updated(_ range: ValueRange, with new: ValueRange, in precision: FloatPrecision)
    -> ValueRange
}

extension RunningRange {
  /// No setting.
  public var constant: Double { 0 }
}

/// The exponential moving average of the bounds, as the reference's `moving_average`:
/// c · new + (1 - c) · running, each product and the sum rounded to the precision.
public struct MovingAverageRange: RunningRange {
  /// The weight c of a new range.
  public let constant: Double

  /// A moving average; the reference's default weight is 0.01.
  ///
  /// - Parameter constant: The weight of a new range, from 0 to 1.
  public init(constant: Double = 0.01) {
    precondition(0...1 ~= constant, "the weight of a new range is between 0 and 1")
    self.constant = constant
  }

  /// The average after one more tensor.
  public func updated(
    _ range: ValueRange, with new: ValueRange, in precision: FloatPrecision
  ) -> ValueRange {
    // torch multiplies 16-bit tensors in float32, by the weight as a float32.
    let (weight, rest) =
      precision == .float64
      ? (constant, 1 - constant) : (Double(Float(constant)), Double(Float(1 - constant)))
    func average(_ new: Double, _ old: Double) -> Double {
      precision.rounded(precision.rounded(weight * new) + precision.rounded(rest * old))
    }
    return ValueRange(
      min: average(new.min, range.min), max: average(new.max, range.max))
  }
}

/// The smallest and the largest value of all tensors, as the reference's `global_minmax`.
public struct GlobalMinMaxRange: RunningRange {
  /// The calculator.
  public init() {}

  /// The range that holds both.
  public func updated(
    _ range: ValueRange, with new: ValueRange, in precision: FloatPrecision
  ) -> ValueRange {
    ValueRange(min: min(range.min, new.min), max: max(range.max, new.max))
  }
}

/// How a calculator treats the tensors of a sequence.
enum SequenceRule: Sendable {
  /// The last tensor counts; all have the same groups.
  case latest(any QParamsCalculator)
  /// The last tensor counts, and nothing is kept that a tensor with other groups would not fit.
  case unrelated
  /// Parameters follow from a running range.
  case running(any RunningRange)

  /// What turns ranges into parameters.
  var qparamsCalculator: any QParamsCalculator {
    if case .latest(let calculator) = self { calculator } else { StaticQParams() }
  }
}
