/// A calculator whose formula the vector kernels know too.
protocol VectorQParams: QParamsCalculator {
  /// The formula for a spec, over ranges of this precision.
  func rule(for spec: QuantizationSpec, precision: FloatPrecision) -> QParamsRule
}

/// A formula of the kernels with what the spec and the precision decide in it; `qc_rule` says what the fields
/// do.
struct QParamsRule: Sendable {
  /// The formulas.
  enum Kind: Sendable {
    case symmetric, asymmetric, powerOfTwo
    case compressedTensorsAsymmetric, compressedTensorsMX, compressedTensorsNVFP4
    case mlxAffine, mlxMX, mlxNVFP4
    case ggufExtreme, ggufMinimum, ggufMX
  }

  let kind: Kind
  /// To which every step is rounded.
  let precision: FloatPrecision
  var halfSteps: Double = 1
  var zeroPoint: Int32 = 0
  var leastScale: Float = 0
  var zeroScale: Float = 0
  var targetExponent = 0

  init(_ kind: Kind, _ precision: FloatPrecision) {
    self.kind = kind
    self.precision = precision
  }

  /// The largest magnitude divided by half the number of steps.
  static func symmetric(
    _ spec: QuantizationSpec, _ precision: FloatPrecision, least: Float = 0, zero: Float = 0
  ) -> QParamsRule {
    var rule = QParamsRule(.symmetric, precision)
    rule.halfSteps = spec.halfSteps
    rule.zeroPoint = spec.symmetricZeroPoint
    rule.leastScale = least
    rule.zeroScale = zero
    return rule
  }
}

extension QuantizationSpec {
  /// Half the number of steps between the smallest and the largest quantized value.
  var halfSteps: Double { (limits.max - limits.min) / 2 }

  /// The zero point of a range whose middle is zero.
  var symmetricZeroPoint: Int32 {
    dtype.isInteger ? Int32((limits.max + limits.min + 1) / 2) : 0
  }
}

extension ValueRange {
  /// The largest magnitude.
  var magnitude: Double { Swift.max(min.magnitude, max.magnitude) }
}

extension Float {
  /// The nearest value of float8_e4m3fn that is not beyond its largest.
  var roundedToE4M3: Float {
    let clamped = Swift.min(magnitude, 448)
    let step: Float =
      clamped < 0x1p-6 ? 0x1p-9 : Float(sign: .plus, exponent: clamped.exponent - 3, significand: 1)
    return Float(
      signOf: self, magnitudeOf: (clamped / step).rounded(.toNearestOrEven) * step)
  }

  /// The power of two with this exponent, or the smallest that an e8m0 scale has.
  static func e8m0(exponent: Int) -> Float {
    Float(sign: .plus, exponent: Swift.max(exponent, -127), significand: 1)
  }
}

extension QParams {
  /// A scale alone.
  init(scale: Float) {
    self.init(scale: scale, zeroPoint: 0, minval: 0)
  }
}
