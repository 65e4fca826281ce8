/// The scales of blocks of Q8_0; 0 for a block of zeros.
///
/// Formula: gguf 0.19.0, `quants.Q8_0`; in float32 whatever the type of the tensor.
public struct GGUFQ8QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "gguf-q8_0"

  /// The calculator.
  public init() {}

  /// As C's `roundf`.
  public var arithmetic: Arithmetic { .halfAway }
  /// 0 too.
  public var usableScales: UsableScales { .finite }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    QParams(scale: Float(range.magnitude) / Float(spec.limits.max))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.symmetric, .float32)
    rule.halfSteps = spec.limits.max
    return rule
  }
}

/// The scales of blocks of Q4_0 and Q5_0: they lay the first element of largest magnitude on the lowest code,
/// and have the opposite sign.
///
/// A range has that element as its end of largest magnitude; where both ends are of one magnitude, the upper
/// counts.
///
/// Formula: gguf 0.19.0, `quants.Q4_0` and `quants.Q5_0`; in float32 whatever the type of the tensor.
public struct GGUFExtremeQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "gguf-q4_0"

  /// The calculator.
  public init() {}

  /// Ranges are those of the elements.
  public var zeroInclusion: ZeroInclusion { .never }
  /// As a C program rounds positive numbers.
  public var arithmetic: Arithmetic { .halfUp }
  /// Of any sign, and 0.
  public var usableScales: UsableScales { .finite }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let extreme = Float(-range.min > range.max ? range.min : range.max)
    return QParams(
      scale: extreme / -half(spec), zeroPoint: spec.symmetricZeroPoint, minval: 0)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.ggufExtreme, .float32)
    rule.halfSteps = Double(half(spec))
    rule.zeroPoint = spec.symmetricZeroPoint
    return rule
  }

  /// Half the number of codes.
  private func half(_ spec: QuantizationSpec) -> Float {
    Float((spec.limits.max - spec.limits.min + 1) / 2)
  }
}

/// The parameters of blocks of Q4_1 and Q5_1: the range, which need not hold zero, laid on all codes.
///
/// Formula: gguf 0.19.0, `quants.Q4_1` and `quants.Q5_1`; in float32 whatever the type of the tensor.
public struct GGUFMinimumQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "gguf-q4_1"

  /// The calculator.
  public init() {}

  /// Ranges are those of the elements.
  public var zeroInclusion: ZeroInclusion { .never }
  /// As a C program rounds positive numbers.
  public var arithmetic: Arithmetic { .halfUp }
  /// 0 too.
  public var usableScales: UsableScales { .finite }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let (low, high) = (Float(range.min), Float(range.max))
    return QParams(
      scale: (high - low) / Float(spec.limits.max - spec.limits.min), zeroPoint: 0, minval: low + 0)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    QParamsRule(.ggufMinimum, .float32)
  }
}

/// The powers of two of blocks of MXFP4.
///
/// Formula: gguf 0.19.0, `quants.MXFP4`, whose logarithm is rounded to float32 before it is rounded down.
/// Where its exponent wraps around, in blocks of values below 2^-125, this one is 2^-127.
public struct GGUFMXFP4QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "gguf-mxfp4"

  /// The calculator.
  public init() {}

  /// The first of the nearest values in a table.
  public var float4Ties: Float4Ties { .lower }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let magnitude = Float(range.magnitude)
    let target = spec.dtype.largestExponent ?? 0
    guard magnitude.isNormal else { return QParams(scale: .e8m0(exponent: -127)) }
    var exponent = Int(magnitude.exponent)
    if magnitude.significand > 1.99 {
      // ln(1 - d) = -d - d^2 / 2, to all digits that matter so close to the next power.
      let distance = 1 - Double(magnitude.significand) / 2
      let logarithm =
        Double(exponent + 1) - (distance + distance * distance / 2) / 0.693_147_180_559_945_3
      exponent = Int(Float(logarithm).rounded(.down))
    }
    return QParams(scale: .e8m0(exponent: exponent - target))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    var rule = QParamsRule(.ggufMX, .float32)
    rule.targetExponent = spec.dtype.largestExponent ?? 0
    return rule
  }
}
