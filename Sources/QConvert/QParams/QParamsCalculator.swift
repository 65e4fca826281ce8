/// What maps the values of one group to quantized values and back.
public struct QParams: Hashable, Sendable {
  /// The step between quantized values, or its reciprocal where the calculator says so; finite, and
  /// positive unless the calculator says otherwise.
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
  /// - Returns: Scale, zero point and minval. A scale that ``usableScales`` does not allow makes the tensor
  ///   one that cannot be quantized.
  func qparams(for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision) -> QParams

  /// Which observed ranges are widened to hold zero.
  var zeroInclusion: ZeroInclusion { get }

  /// What takes an element to its quantized value.
  var arithmetic: Arithmetic { get }

  /// To what the product of a code with its scale is rounded on the way back.
  var product: ProductPrecision { get }

  /// Where float4 codes of values go that are halfway between two.
  var float4Ties: Float4Ties { get }

  /// Which scales are usable.
  var usableScales: UsableScales { get }

  /// What divides all scales of tensors whose largest magnitude is this; nil where nothing does, so that
  /// nobody has to look for it.
  func globalScale(largestMagnitude: Float) -> Float?

  /// The parameters of one group of a tensor whose scales have a scale of their own, if there is one.
  func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision, globalScale: Float?
  ) -> QParams
}

extension QParamsCalculator {
  /// All of them, as the reference does.
  public var zeroInclusion: ZeroInclusion { .always }
  /// Divided by the scale, as in the reference.
  public var arithmetic: Arithmetic { .divide }
  /// It is not rounded.
  public var product: ProductPrecision { .float32 }
  /// To the even one.
  public var float4Ties: Float4Ties { .even }
  /// The positive ones.
  public var usableScales: UsableScales { .positive }

  /// Nothing.
  public func globalScale(largestMagnitude: Float) -> Float? { nil }

  /// Those that do not depend on it.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision, globalScale: Float?
  ) -> QParams {
    qparams(for: range, spec: spec, precision: precision)
  }
}

/// Which observed ranges are widened to hold zero before they become parameters.
public enum ZeroInclusion: Hashable, Sendable {
  case always
  /// Those of groups that end with the tensor before they are full, as if filled up with zeros.
  case partialGroups
  /// None.
  case never
}

/// The parameters that follow from the range of the tensor itself, as the reference's `static`.
///
/// Formulas: coreai-opt 0.3.0, `QParamsCalculatorBase._compute_scale_zero_point_minval`, which rests on
/// torchao's `choose_qparams_affine_with_min_max`; e8m0 scales: OCP Microscaling Formats 1.0, 6.3.
public struct StaticQParams: VectorQParams {
  /// The name that it is registered under.
  static let name = "static"

  /// The calculator.
  public init() {}

  /// The smallest scale: the float32 epsilon, whatever the precision.
  static let smallestScale = 0x1p-23

  /// The parameters of one group.
  public func qparams(
    for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
  ) -> QParams {
    guard spec.scaleDType == .float8E8M0, let target = spec.dtype.largestExponent else {
      return Self.qparams(of: range, spec, precision, smallestScale: Self.smallestScale)
    }
    let magnitude = Float(range.magnitude)
    guard magnitude.isFinite else { return QParams(scale: .infinity) }
    let exponent = Int(magnitude.exponentBitPattern) - target
    return QParams(scale: .e8m0(exponent: max(exponent, 1) - 127))
  }

  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule {
    guard spec.scaleDType == .float8E8M0, let target = spec.dtype.largestExponent else {
      return Self.rule(spec, precision, smallestScale: Self.smallestScale)
    }
    var rule = QParamsRule(.powerOfTwo, precision)
    rule.targetExponent = target
    return rule
  }
}

extension StaticQParams {
  /// The parameters of a group whose scale is not a power of two.
  static func qparams(
    of range: ValueRange, _ spec: QuantizationSpec, _ precision: FloatPrecision,
    smallestScale: Double
  ) -> QParams {
    let (low, high) = spec.limits
    guard spec.scheme == .asymmetric else {
      let scale = max(precision.rounded(range.magnitude / spec.halfSteps), smallestScale)
      let minval = spec.dtype.isInteger ? Float(-range.magnitude) : 0
      return QParams(scale: Float(scale), zeroPoint: spec.symmetricZeroPoint, minval: minval)
    }
    let span = precision.rounded(range.max - range.min)
    let scale = max(precision.rounded(span / (high - low)), smallestScale)
    let steps = precision.rounded(range.min / scale).rounded(.toNearestOrEven)
    let zeroPoint = min(max(precision.rounded(low - steps), low), high)
    return QParams(
      scale: Float(scale), zeroPoint: zeroPoint.isFinite ? Int32(zeroPoint) : 0,
      minval: Float(range.min))
  }

  /// The rule of the same formula.
  static func rule(
    _ spec: QuantizationSpec, _ precision: FloatPrecision, smallestScale: Double
  ) -> QParamsRule {
    guard spec.scheme == .asymmetric else {
      return .symmetric(spec, precision, least: Float(smallestScale))
    }
    var rule = QParamsRule(.asymmetric, precision)
    rule.leastScale = Float(smallestScale)
    return rule
  }
}
