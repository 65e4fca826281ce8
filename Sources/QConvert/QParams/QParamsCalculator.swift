/// What maps the values of one group to quantized values and back.
public struct QParams: Hashable, Sendable {
  /// The step between quantized values, or its reciprocal where the calculator says so; positive and
  /// finite.
  public var scale: Float
  /// The quantized value of zero; 0 for float dtypes.
  public var zeroPoint: Int32
  /// The value of the lowest quantized value; 0 for float dtypes.
  public var minval: Float

  /// Parameters of a group.
  public init(scale: Float, zeroPoint: Int32, minval: Float) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.minval = minval
  }
}

/// Turns the range of a group into its quantization parameters.
///
/// A calculator is registered under the name by which a spec asks for it; see ``Calculators``.
public protocol QParamsCalculator: Sendable {
  /// The parameters of one group.
  ///
  /// - Parameters:
  ///   - range: The observed range with the spec's float range applied, finite; it holds zero as far as
  ///     ``zeroInclusion`` says.
  ///   - spec: The spec of the tensor.
  ///   - precision: The precision of `range`, to which the reference rounds every step.
  /// - Returns: Scale, zero point and minval. A scale that is not finite and positive makes the tensor one
  ///   that cannot be quantized.
  func qparams(for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision) -> QParams

  /// Which observed ranges are widened to hold zero.
  var zeroInclusion: ZeroInclusion { get }

  /// What the scales do to values.
  var scaling: Scaling { get }

  /// Whether a scale may be negative.
  var hasSignedScales: Bool { get }
}

extension QParamsCalculator {
  /// All of them, as the reference does.
  public var zeroInclusion: ZeroInclusion { .always }
  /// Values are divided by them, as in the reference.
  public var scaling: Scaling { .divide }
  /// All are positive.
  public var hasSignedScales: Bool { false }
}

/// Which observed ranges are widened to hold zero before they become parameters.
public enum ZeroInclusion: Hashable, Sendable {
  case always
  /// Those of groups that end with the tensor before they are full, as if filled up with zeros.
  case partialGroups
  /// None.
  case never
}

/// What a scale does to a value on its way to a code.
public enum Scaling: Hashable, Sendable {
  /// The scale is the step between codes: q = round(x / scale) + zero, x = (q - zero) * scale.
  case divide
  /// The scale is the reciprocal of the step: q = round(x * scale) + zero, x = (q - zero) / scale.
  case multiply
}

/// The parameters that follow from the range of the tensor itself, as the reference's `static`.
///
/// Formulas: coreai-opt 0.3.0, `QParamsCalculatorBase._compute_scale_zero_point_minval`, which rests on
/// torchao's `choose_qparams_affine_with_min_max`; e8m0 scales: OCP Microscaling Formats 1.0, 6.3.
public struct StaticQParams: QParamsCalculator {
  /// The calculator.
  public init() {}

  /// The smallest scale: the float32 epsilon, whatever the precision.
  static let smallestScale = 0x1p-23

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    let magnitude = max(-range.min, range.max)
    if spec.scaleDType == .float8E8M0, let target = spec.dtype.largestExponent {
      let magnitude = Float(magnitude)
      guard magnitude.isFinite else { return QParams(scale: .infinity, zeroPoint: 0, minval: 0) }
      let exponent = Int(magnitude.exponentBitPattern) - target
      let scale = Float(sign: .plus, exponent: max(exponent, 1) - 127, significand: 1)
      return QParams(scale: scale, zeroPoint: 0, minval: 0)
    }
    let (low, high) = spec.limits
    guard spec.scheme == .asymmetric else {
      let scale = max(precision.rounded(magnitude / ((high - low) / 2)), Self.smallestScale)
      let zeroPoint = spec.dtype.isInteger ? Int32((high + low + 1) / 2) : 0
      let minval = spec.dtype.isInteger ? Float(-magnitude) : 0
      return QParams(scale: Float(scale), zeroPoint: zeroPoint, minval: minval)
    }
    let span = precision.rounded(range.max - range.min)
    let scale = max(precision.rounded(span / (high - low)), Self.smallestScale)
    let steps = precision.rounded(range.min / scale).rounded(.toNearestOrEven)
    let zeroPoint = min(max(precision.rounded(low - steps), low), high)
    return QParams(
      scale: Float(scale), zeroPoint: zeroPoint.isFinite ? Int32(zeroPoint) : 0,
      minval: Float(range.min))
  }
}
