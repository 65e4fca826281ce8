/// The parameters that Keras gives a channel: the reciprocal of the step that lays the largest magnitude on
/// the largest code.
///
/// Formula: Keras 3.15, `keras.quantizers.abs_max_quantize` of float32 values.
public struct KerasAbsMaxQParams: QParamsCalculator {
  /// The name that it is registered under.
  static let name = "keras-absmax"

  /// The calculator.
  public init() {}

  /// Scales are reciprocals of steps.
  public var arithmetic: Arithmetic { .multiply }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let magnitude = Float(max(-range.min, range.max))
    let scale = Float(spec.limits.max) / (magnitude + kerasEpsilon)
    return QParams(scale: scale, zeroPoint: 0, minval: 0)
  }
}

/// The parameters that Keras gives a block: its range, which need not hold zero, laid on all codes. A block
/// that ends with its axis counts as filled up with zeros.
///
/// Formula: Keras 3.15, `keras.quantizers.abs_max_quantize_grouped_with_zero_point` of float32 values.
public struct KerasGroupedQParams: QParamsCalculator {
  /// The name that it is registered under.
  static let name = "keras-grouped"

  /// The calculator.
  public init() {}

  /// Only the ranges of blocks that are not full.
  public var zeroInclusion: ZeroInclusion { .partialGroups }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let (low, high) = (Float(spec.limits.min), Float(spec.limits.max))
    let (min, max) = (Float(range.min), Float(range.max))
    let scale = ((max - min) + kerasEpsilon) / (high - low)
    let zeroPoint = (-min / scale).rounded(.toNearestOrEven) + low
    // A NaN, of a range that is too wide, is the zero point of no scale.
    let clipped = Swift.min(Swift.max(low, zeroPoint), high)
    return QParams(
      scale: scale, zeroPoint: clipped.isNaN ? 0 : Int32(clipped), minval: Float(range.min))
  }
}

/// What Keras adds to keep its divisors from being zero: `keras.config.epsilon()`.
private let kerasEpsilon: Float = 1e-7
