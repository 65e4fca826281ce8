/// The parameters that MLX gives a group: a scale, negative where the largest magnitude is that of a positive
/// value, and the value of the code 0, which is an end of the range. Codes follow from both before they are
/// rounded to the precision of the weights.
///
/// Formula: MLX 0.32, `affine_quantize` of its CPU backend, in float32 whatever the precision.
public struct MLXAffineQParams: QParamsCalculator {
  /// The name that it is registered under.
  static let name = "mlx-affine"

  /// The calculator.
  public init() {}

  /// Ranges are taken as they are.
  public var zeroInclusion: ZeroInclusion { .never }
  /// The scale has a sign.
  public var hasSignedScales: Bool { true }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let (min, max) = (Float(range.min), Float(range.max))
    let isNegativeLarger = abs(min) > abs(max)
    let step = Swift.max((max - min) / Float(spec.limits.max), Self.smallestScale)
    let scale = isNegativeLarger ? step : -step
    let edge = isNegativeLarger ? min : max
    // The edge has a code of its own, so that zero has one too.
    let steps = (edge / scale).rounded(.toNearestOrEven)
    guard steps != 0 else { return QParams(scale: scale, zeroPoint: 0, minval: 0) }
    return QParams(scale: edge / steps, zeroPoint: 0, minval: edge)
  }

  private static let smallestScale: Float = 1e-7
}
