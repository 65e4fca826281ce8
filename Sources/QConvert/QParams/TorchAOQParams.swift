/// The parameters that torchao gives an `Int8Tensor`.
///
/// Formula: torchao 0.18.0, `Int8Tensor.from_hp`, which rests on `choose_qparams_affine`.
public struct TorchAOInt8QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "torchao-int8"

  /// The calculator.
  public init() {}

  /// Scales are float32, and so is the product with their reciprocals.
  public var arithmetic: Arithmetic { .multiplyByReciprocal }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    StaticQParams.qparams(of: range, spec, precision, smallestScale: StaticQParams.smallestScale)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    StaticQParams.rule(spec, precision, smallestScale: StaticQParams.smallestScale)
  }
}

/// The parameters that torchao gives an `IntxUnpackedToInt8Tensor`.
///
/// Formula: torchao 0.18.0, `IntxUnpackedToInt8Tensor.from_hp`, which rests on `choose_qparams_affine`.
public struct TorchAOIntxQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "torchao-intx"

  /// The calculator.
  public init() {}

  /// Reciprocals and products are rounded to the type of the tensor.
  public var arithmetic: Arithmetic { .multiplyByReciprocalRounded }

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    StaticQParams.qparams(of: range, spec, precision, smallestScale: smallestScale(precision))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    StaticQParams.rule(spec, precision, smallestScale: smallestScale(precision))
  }

  /// The type's smallest normal number.
  private func smallestScale(_ precision: FloatPrecision) -> Double {
    precision == .float16 ? 0x1p-14 : 0x1p-126
  }
}

/// The scales that torchao gives a `Float8Tensor`; 1 for a group of zeros, which it makes a group of NaN.
///
/// Formula: torchao 0.18.0, `_choose_scale_float8`.
public struct TorchAOFloat8QParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "torchao-float8"

  /// The calculator.
  public init() {}

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let scale = Float(precision.rounded(range.magnitude / spec.halfSteps))
    return QParams(scale: scale == 0 ? 1 : scale)
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    .symmetric(spec, precision, zero: 1)
  }
}
