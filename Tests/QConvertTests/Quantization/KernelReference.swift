import CKernels
import QConvert

/// Every kernel once more, one value at a time, as the definitions of the formats and formulas put it:
/// no vectors, no bit tricks, and `Double` wherever it holds exact values.
enum KernelReference {
  /// A binary floating-point format of at most 16 bits: sign, exponent, mantissa.
  struct Format: Sendable {
    let mantissaBits: Int
    let bias: Int
    /// The magnitudes of all finite codes, by code; they ascend.
    let magnitudes: [Double]

    init(mantissaBits: Int, bias: Int, codeCount: Int) {
      self.mantissaBits = mantissaBits
      self.bias = bias
      magnitudes = (0..<codeCount).map { code in
        let mantissa = Double(code % (1 << mantissaBits)) / Double(1 << mantissaBits)
        let exponent = code >> mantissaBits
        return exponent == 0
          ? Double(sign: .plus, exponent: 1 - bias, significand: 1) * mantissa
          : Double(sign: .plus, exponent: exponent - bias, significand: 1) * (1 + mantissa)
      }
    }

    static let float16 = Format(mantissaBits: 10, bias: 15, codeCount: 0x7c00)
    static let bfloat16 = Format(mantissaBits: 7, bias: 127, codeCount: 0x7f80)
    static let e4m3 = Format(mantissaBits: 3, bias: 7, codeCount: 0x7f)
    static let e5m2 = Format(mantissaBits: 2, bias: 15, codeCount: 0x7c)
    static let e2m1 = Format(mantissaBits: 1, bias: 1, codeCount: 8)

    /// The code of the nearest magnitude, of two equally near ones the even code; `magnitudes.count`
    /// stands for what lies beyond the largest.
    func nearestCode(_ magnitude: Double) -> Int {
      var low = 0
      var high = magnitudes.count
      // The last code whose magnitude is not above.
      while high - low > 1 {
        let middle = (low + high) / 2
        if magnitudes[middle] <= magnitude { low = middle } else { high = middle }
      }
      let last = magnitudes.count - 1
      let step = magnitudes[last] - magnitudes[last - 1]
      let next = low == last ? magnitudes[last] + step : magnitudes[low + 1]
      let below = magnitude - magnitudes[low]
      let above = next - magnitude
      return below < above || (below == above && low % 2 == 0) ? low : low + 1
    }
  }

  // MARK: Floats

  /// The value of a 16-bit pattern.
  static func decode(_ bits: UInt16, _ format: Format) -> Float {
    let code = Int(bits & 0x7fff)
    let negative = bits >= 0x8000
    guard code < format.magnitudes.count else {
      if code > format.magnitudes.count { return .nan }
      return negative ? -.infinity : .infinity
    }
    let magnitude = Float(format.magnitudes[code])
    return negative ? -magnitude : magnitude
  }

  /// The pattern nearest to a value that is not NaN.
  static func encode(_ value: Float, _ format: Format) -> UInt16 {
    let code =
      value.isInfinite
      ? format.magnitudes.count : format.nearestCode(Double(value.magnitude))
    return UInt16(code) | (value.sign == .minus ? 0x8000 : 0)
  }

  static func format(_ precision: FloatPrecision) -> Format? {
    switch precision {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32, .float64: nil
    }
  }

  /// A result rounded to float32, then to the precision: how 16-bit arithmetic works.
  static func rounded(_ value: Double, to precision: FloatPrecision) -> Double {
    if precision == .float64 { return value }
    guard let format = format(precision), !value.isNaN else { return Double(Float(value)) }
    return Double(decode(encode(Float(value), format), format))
  }

  /// The little-endian bytes of values that a type represents.
  static func bytes(_ values: [Float], _ precision: FloatPrecision) -> [UInt8] {
    guard let format = format(precision) else {
      return values.flatMap { bytes($0.bitPattern) }
    }
    return values.flatMap { bytes(encode($0, format)) }
  }

  static func bytes(_ bits: some FixedWidthInteger) -> [UInt8] {
    (0..<bits.bitWidth / 8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }

  // MARK: Codes

  /// The byte of a value, quantized. `zero` and `minval` are those of the formulation; the other is nil.
  static func quantize(
    _ x: Float, _ code: KernelCode, scale: Float, minval: Float?, zero: Int32?,
    limits: ClosedRange<Int32>, _ arithmetic: Arithmetic = .divide,
    _ type: FloatPrecision = .float32, dropsSign: Bool = false
  ) -> UInt8 {
    let shifted = x - (minval ?? 0)
    var value = scaled(shifted, scale, arithmetic, type)
    if code != .int8, code != .uint8, scale == 0, !arithmetic.multiplies {
      value = shifted.sign == .minus ? -0.0 : 0
    }
    if value == 0, dropsSign || arithmetic == .divideRounded { value = 0 }
    switch code {
    case .int8, .uint8:
      return integer(Double(value), zero ?? limits.lowerBound, limits, arithmetic, type)
    case .e4m3: return float(value, .e4m3, largest: 448)
    case .e5m2: return float(value, .e5m2, largest: 57344)
    case .e2m1, .e2m1AsE4M3:
      let byte = float(value, .e2m1, largest: 6)
      if code == .e2m1 { return byte & 7 | byte >> 4 & 8 }
      let grid = Format.e2m1.magnitudes[Int(byte & 7)]
      return UInt8(Format.e4m3.nearestCode(grid)) | byte & 0x80
    case .e2m1Lower:
      // The first of the nearest values in the table, positive ones before negative ones.
      let table = Format.e2m1.magnitudes + Format.e2m1.magnitudes.map { -$0 }
      let clamped = min(max(Double(value), -6), 6)
      let distances = table.map { ($0 - clamped).magnitude }
      return UInt8(distances.firstIndex(of: distances.min() ?? 0) ?? 0)
    }
  }

  /// What is rounded to a code.
  private static func scaled(
    _ x: Float, _ scale: Float, _ arithmetic: Arithmetic, _ type: FloatPrecision
  ) -> Float {
    let reciprocal = (1 / scale).isFinite ? 1 / scale : 0
    switch arithmetic {
    case .divide: return x / scale
    case .divideRounded: return Float(rounded(Double(x / scale), to: type))
    case .multiply: return x * scale
    case .multiplyByReciprocal, .halfAway, .halfUp: return x * reciprocal
    case .multiplyByReciprocalRounded:
      let rounded = Float(Self.rounded(Double(reciprocal), to: type))
      let factor = rounded.isFinite ? rounded : 0
      return Float(Self.rounded(Double(x * factor), to: type))
    }
  }

  private static func integer(
    _ value: Double, _ zero: Int32, _ limits: ClosedRange<Int32>, _ arithmetic: Arithmetic,
    _ type: FloatPrecision
  ) -> UInt8 {
    let (low, high) = (Double(limits.lowerBound), Double(limits.upperBound))
    let code: Double
    switch arithmetic {
    case .divideRounded:
      code = rounded(value + Double(zero), to: type).rounded(.toNearestOrEven)
    case .halfAway: code = value.rounded(.toNearestOrAwayFromZero) + Double(zero)
    case .halfUp:
      let sum = Float(value) + (Float(zero) - Float(low) + 0.5)
      code = Double(sum.rounded(.towardZero)) + low
    default: code = value.rounded(.toNearestOrEven) + Double(zero)
    }
    return UInt8(truncatingIfNeeded: Int(min(max(code, low), high)))
  }

  private static func float(_ value: Float, _ format: Format, largest: Double) -> UInt8 {
    let code = format.nearestCode(min(Double(value.magnitude), largest))
    return UInt8(code) | (value.sign == .minus ? 0x80 : 0)
  }

  /// The value of a code before scaling; NaN and infinity where the format has them.
  static func value(_ byte: UInt8, _ code: KernelCode) -> Float {
    func float(_ format: Format, _ magnitude: UInt8, beyond: Float, negative: Bool) -> Float {
      let count = format.magnitudes.count
      let magnitude = magnitude < count ? Float(format.magnitudes[Int(magnitude)]) : beyond
      return negative ? -magnitude : magnitude
    }
    switch code {
    case .int8: return Float(Int8(bitPattern: byte))
    case .uint8: return Float(byte)
    case .e4m3, .e2m1AsE4M3:
      return float(.e4m3, byte & 0x7f, beyond: .nan, negative: byte >= 0x80)
    case .e5m2:
      let beyond: Float = byte & 0x7f == 0x7c ? .infinity : .nan
      return float(.e5m2, byte & 0x7f, beyond: beyond, negative: byte >= 0x80)
    case .e2m1, .e2m1Lower:
      return float(.e2m1, byte & 7, beyond: .nan, negative: byte & 8 != 0)
    }
  }

  /// The value of a code, in float32.
  static func dequantize(
    _ byte: UInt8, _ code: KernelCode, scale: Float, minval: Float?, zero: Int32?,
    limits: ClosedRange<Int32>, _ arithmetic: Arithmetic = .divide,
    _ product: FloatPrecision = .float32
  ) -> Float {
    var value = value(byte, code)
    if code.isInteger { value -= Float(zero ?? limits.lowerBound) }
    // The way back of a reciprocal is a division, which no library rounds.
    if arithmetic == .multiply { return minval.map { value / scale + $0 } ?? value / scale }
    let scaled = Float(rounded(Double(value * scale), to: product))
    return minval.map { Float(rounded(Double(scaled + $0), to: product)) } ?? scaled
  }

  // MARK: Parameters

  /// The parameters of a range, step by step as the reference computes them; nil when the scale is not
  /// finite.
  static func qparams(min observedMin: Float, max observedMax: Float, _ rule: qc_rule) -> QParams? {
    let precision: FloatPrecision =
      switch rule.precision {
      case QC_F16: .float16
      case QC_BF16: .bfloat16
      default: .float32
      }
    func round(_ value: Double) -> Double { rounded(value, to: precision) }
    let low = rule.has_low ? Double(rule.low) : Double(Swift.min(observedMin, 0))
    let high = rule.has_high ? Double(rule.high) : Double(Swift.max(observedMax, 0))
    let quantMin = Double(rule.quant_min)
    let quantMax = Double(rule.quant_max)
    let epsilon = 0x1p-23
    let magnitude = Swift.max(low.magnitude, high.magnitude)
    if rule.kind == QC_RULE_POWER_OF_TWO {
      // The exponent of a subnormal is that of zero.
      let exponent =
        magnitude < 0x1p-126
        ? -127 : magnitude.isInfinite ? 128 : Int(magnitude.exponent)
      let clamped = Swift.max(exponent - Int(rule.target_exponent), -126)
      return QParams(
        scale: Float(sign: .plus, exponent: clamped, significand: 1), zeroPoint: 0, minval: 0)
    }
    if rule.kind == QC_RULE_ASYMMETRIC {
      let span = round(high - low)
      let scale = Swift.max(round(span / (quantMax - quantMin)), epsilon)
      guard scale.isFinite else { return nil }
      let steps = round(low / scale).rounded(.toNearestOrEven)
      let zero = Swift.min(Swift.max(round(quantMin - steps), quantMin), quantMax)
      return QParams(scale: Float(scale), zeroPoint: Int32(zero), minval: Float(low))
    }
    let scale = Swift.max(round(magnitude / ((quantMax - quantMin) / 2)), epsilon)
    guard scale.isFinite else { return nil }
    return QParams(
      scale: Float(scale), zeroPoint: rule.zero_point, minval: -Float(magnitude))
  }

  // MARK: Packing

  /// The bits of all codes as one string, the first code in the lowest bits, cut into bytes.
  static func pack(_ codes: [UInt8], bits: Int, isOffset: Bool = false) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (codes.count * bits + 7) / 8)
    for (index, code) in codes.enumerated() {
      let stored = isOffset ? code &+ 1 << (bits - 1) : code
      for bit in 0..<bits where stored >> bit & 1 == 1 {
        let position = index * bits + bit
        bytes[position / 8] |= 1 << (position % 8)
      }
    }
    return bytes
  }

}

/// The kernels' codes, for tables of test cases.
enum KernelCode: CaseIterable, Sendable {
  case int8, uint8, e4m3, e5m2, e2m1, e2m1AsE4M3, e2m1Lower

  var isInteger: Bool { self == .int8 || self == .uint8 }

  var code: qc_code {
    switch self {
    case .int8: QC_I8
    case .uint8: QC_U8
    case .e4m3: QC_E4M3
    case .e5m2: QC_E5M2
    case .e2m1: QC_E2M1
    case .e2m1AsE4M3: QC_E2M1_AS_E4M3
    case .e2m1Lower: QC_E2M1_LOWER
    }
  }

  /// The limits of the widest type that is held so.
  var limits: ClosedRange<Int32> {
    switch self {
    case .int8: -128...127
    case .uint8: 0...255
    case .e4m3: -448...448
    case .e5m2: -57344...57344
    case .e2m1, .e2m1AsE4M3, .e2m1Lower: -6...6
    }
  }
}

extension Arithmetic {
  /// Whether elements are multiplied.
  var multiplies: Bool { self != .divide && self != .divideRounded }
}
