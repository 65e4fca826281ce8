/// The parameters that MLX gives groups of its affine mode: the range, which need not hold zero, laid on all
/// codes from its end of largest magnitude on, and moved so that zero has a code. The scale is negative where
/// that end is the upper one.
///
/// Formula: mlx 0.32.4, `mlx.core.quantize` on a CPU; in float32 whatever the type of the tensor.
public struct MLXAffineQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "mlx-affine"

  /// The calculator.
  public init() {}

  /// Ranges are those of the elements.
  public var zeroInclusion: ZeroInclusion { .never }
  /// Products and sums are rounded to the type of the tensor.
  public var product: ProductPrecision { .tensor }
  /// Of any sign.
  public var usableScales: UsableScales { .finite }

  private static let smallestScale: Float = 1e-7

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let (low, high) = (Float(range.min), Float(range.max))
    let step = max((high - low) / Float(spec.limits.max - spec.limits.min), Self.smallestScale)
    let isLow = low.magnitude > high.magnitude
    let edge = isLow ? low : high
    let scale = isLow ? step : -step
    let code = (edge / scale).rounded(.toNearestOrEven)
    return code == 0
      ? QParams(scale: scale) : QParams(scale: edge / code, zeroPoint: 0, minval: edge)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.mlxAffine, .float32)
    rule.leastScale = Self.smallestScale
    return rule
  }
}

/// The powers of two that MLX gives groups of MXFP4 and MXFP8.
///
/// Formula: mlx 0.32.4, `mlx.core.quantize` on a CPU. Where its exponent wraps around, in groups whose scale
/// is below 2^-127, this one is 2^-127.
public struct MLXMXQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "mlx-mx"

  /// The calculator.
  public init() {}

  /// Ranges are those of the elements.
  public var zeroInclusion: ZeroInclusion { .never }
  /// The first of the nearest values in a table.
  public var float4Ties: Float4Ties { .lower }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let scale = Float(precision.rounded(range.magnitude / spec.halfSteps))
    guard scale > 0 else { return QParams(scale: 1) }
    let exponent = Int(scale.exponent) + (scale.significand > 1 ? 1 : 0)
    return QParams(scale: .e8m0(exponent: exponent))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.mlxMX, precision)
    rule.halfSteps = spec.halfSteps
    return rule
  }
}

/// The e4m3 scales that MLX gives groups of NVFP4; 0 for groups of values so small that they become zero.
///
/// Formula: mlx 0.32.4, `mlx.core.quantize` on a CPU. Values that are far beyond the largest scale are
/// clamped, where the library's search finds no nearest.
public struct MLXNVFP4QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "mlx-nvfp4"

  /// The calculator.
  public init() {}

  /// Ranges are those of the elements.
  public var zeroInclusion: ZeroInclusion { .never }
  /// Quotients are rounded to the type of the tensor.
  public var arithmetic: Arithmetic { .divideRounded }
  /// The first of the nearest values in a table.
  public var float4Ties: Float4Ties { .lower }
  /// 0 too.
  public var usableScales: UsableScales { .finite }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    QParams(scale: Float(precision.rounded(range.magnitude / spec.halfSteps)).roundedToE4M3)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.mlxNVFP4, precision)
    rule.halfSteps = spec.halfSteps
    return rule
  }
}
