/// The parameters that compressed-tensors gives groups of integers.
///
/// Formula: compressed-tensors 0.20.0, `quantization.utils.helpers.calculate_qparams`.
public struct CompressedTensorsIntQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "compressed-tensors-int"

  /// The calculator.
  public init() {}

  /// Quotients are rounded to the type of the tensor, and so are their sums with the zero point.
  public var arithmetic: Arithmetic { .divideRounded }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let (low, high) = spec.limits
    let isAsymmetric = spec.scheme == .asymmetric
    let quotient =
      isAsymmetric
      ? precision.rounded(precision.rounded(range.max - range.min) / (high - low))
      : precision.rounded(range.magnitude / spec.halfSteps)
    let scale = quotient == 0 ? precision.epsilon : Float(quotient)
    guard isAsymmetric else {
      return QParams(
        scale: scale, zeroPoint: spec.symmetricZeroPoint, minval: Float(-range.magnitude))
    }
    // 0 / 0 is NaN, which the library converts to an integer.
    guard quotient != 0 || range.min != 0 else { return QParams(scale: scale) }
    let point = precision.rounded(low - precision.rounded(range.min / quotient))
    let clamped = min(max(point, low), high).rounded(.toNearestOrEven)
    return QParams(
      scale: scale, zeroPoint: clamped.isFinite ? Int32(clamped) : 0, minval: Float(range.min))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    guard spec.scheme == .asymmetric else {
      return .symmetric(spec, precision, zero: precision.epsilon)
    }
    var rule = QParamsRule(.compressedTensorsAsymmetric, precision)
    rule.zeroScale = precision.epsilon
    return rule
  }
}

/// The scales that compressed-tensors gives groups of float8.
///
/// Formula: compressed-tensors 0.20.0, `quantization.utils.helpers.calculate_qparams`.
public struct CompressedTensorsFloatQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "compressed-tensors-float"

  /// The calculator.
  public init() {}

  /// Quotients are rounded to the type of the tensor.
  public var arithmetic: Arithmetic { .divideRounded }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let scale = Float(precision.rounded(range.magnitude / spec.halfSteps))
    return QParams(scale: scale == 0 ? precision.epsilon : scale)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    .symmetric(spec, precision, zero: precision.epsilon)
  }
}

/// The powers of two that compressed-tensors gives groups of MXFP4 and MXFP8.
///
/// Formula: compressed-tensors 0.20.0, `quantization.utils.mxfp_utils.generate_mx_scales`, which adds half a unit
/// of the last place of float4 to the bits of the largest magnitude. float16 has no power of two for a
/// group of zeros, and the library takes 1. Where its own exponent overflows, in a group within 1/8 of the
/// largest number of the type, this one is right.
public struct CompressedTensorsMXQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "compressed-tensors-mx"

  /// The calculator.
  public init() {}

  /// Quotients are rounded to the type of the tensor.
  public var arithmetic: Arithmetic { .divideRounded }
  /// Values are bfloat16 before they are anything else.
  public var product: ProductPrecision { .bfloat16 }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let magnitude = Float(range.magnitude)
    let target = spec.dtype.largestExponent ?? 0
    let least = precision == .float16 ? -14 : -126
    let smallest = Float(sign: .plus, exponent: least, significand: 1)
    if magnitude < 0.75 * smallest { return QParams(scale: precision == .float16 ? 1 : 0x1p-127) }
    let exponent =
      magnitude < smallest
      ? least : Int(magnitude.exponent) + (magnitude.significand >= 1.75 ? 1 : 0)
    return QParams(scale: .e8m0(exponent: exponent - target))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.compressedTensorsMX, precision)
    rule.targetExponent = spec.dtype.largestExponent ?? 0
    return rule
  }
}

/// The e4m3 scales that compressed-tensors gives groups of NVFP4, as multiples of one over the tensor's own
/// scale.
///
/// Formula: compressed-tensors 0.20.0, `quantization.utils.helpers.calculate_qparams`.
public struct CompressedTensorsNVFP4QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "compressed-tensors-nvfp4"

  /// The calculator.
  public init() {}

  /// Scale and quotient are float32.
  public var arithmetic: Arithmetic { .divide }
  /// Values are bfloat16 before they are anything else.
  public var product: ProductPrecision { .bfloat16 }

  /// What stands in place of a scale of 0.
  private static let zeroScale: Float = 0.125

  /// The library's `generate_gparam`.
  public func globalScale(largestMagnitude: Float) -> Float? {
    let scale = 2688 * (1 / max(largestMagnitude, .leastNormalMagnitude))
    return scale.isFinite ? scale : 1
  }

  /// The parameters of one group of a tensor without a scale of its own.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    qparams(for: range, spec: spec, precision: precision, globalScale: nil)
  }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision, globalScale: Float?
  ) -> QParams {
    let local = Float(precision.rounded(range.magnitude / spec.halfSteps))
    let scale = ((globalScale ?? 1) * local).roundedToE4M3
    return QParams(scale: scale == 0 ? Self.zeroScale : scale)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.compressedTensorsNVFP4, precision)
    rule.halfSteps = spec.halfSteps
    rule.zeroScale = Self.zeroScale
    return rule
  }
}

extension FloatPrecision {
  /// The step of the type's numbers from 1 on: `torch.finfo().eps`.
  fileprivate var epsilon: Float {
    switch self {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    case .float32, .float64: 0x1p-23
    }
  }
}
