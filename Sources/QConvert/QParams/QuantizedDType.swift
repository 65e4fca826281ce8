/// The types a weight can be quantized to, under the reference's names.
public enum QuantizedDType: String, CaseIterable, Sendable {
  case int8, uint8, int4, uint4, int2, uint2
  case float8E4M3 = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  case float4E2M1 = "float4_e2m1fn"

  /// A type by its name or one of the reference's aliases for it.
  public init?(name: String) {
    switch name {
    case "float8_e4m3": self = .float8E4M3
    case "float4_e2m1fn_x2": self = .float4E2M1
    default: self.init(rawValue: name)
    }
  }

  /// The number of bits that distinguish the values.
  public var bitWidth: Int {
    switch self {
    case .int8, .uint8, .float8E4M3, .float8E5M2: 8
    case .int4, .uint4, .float4E2M1: 4
    case .int2, .uint2: 2
    }
  }

  /// Whether the values are whole numbers; only these have a zero point and a minval.
  public var isInteger: Bool {
    switch self {
    case .int8, .uint8, .int4, .uint4, .int2, .uint2: true
    case .float8E4M3, .float8E5M2, .float4E2M1: false
    }
  }

  /// Whether the values are whole numbers with a sign.
  public var isSignedInteger: Bool {
    self == .int8 || self == .int4 || self == .int2
  }

  /// The type that holds a value when each takes a byte: sub-byte integers in 8-bit ones, float4 in
  /// float8_e4m3fn, which represents its whole grid.
  public var storage: DType {
    switch self {
    case .int8, .int4, .int2: .int8
    case .uint8, .uint4, .uint2: .uint8
    case .float8E4M3, .float4E2M1: .float8E4M3
    case .float8E5M2: .float8E5M2
    }
  }

  /// The smallest and largest quantized value under a scheme: `symmetric_with_clipping` drops the
  /// lowest value of the signed integers, so that as many lie on either side of zero.
  public func limits(_ scheme: QuantizationScheme) -> (min: Double, max: Double) {
    switch self {
    case .int8, .int4, .int2:
      let max = Double(1 << (bitWidth - 1) - 1)
      return (scheme == .symmetricWithClipping ? -max : -max - 1, max)
    case .uint8, .uint4, .uint2: return (0, Double(1 << bitWidth - 1))
    case .float8E4M3: return (-448, 448)
    case .float8E5M2: return (-57344, 57344)
    case .float4E2M1: return (-6, 6)
    }
  }

  /// The exponent of the type's largest power of two, which an e8m0 scale maps the largest value to
  /// (OCP Microscaling Formats 1.0, section 6.3); nil for integers.
  var largestExponent: Int? {
    switch self {
    case .float8E4M3: 8
    case .float8E5M2: 15
    case .float4E2M1: 2
    default: nil
    }
  }
}

/// How the range of values is laid onto the quantized values.
public enum QuantizationScheme: String, CaseIterable, Sendable {
  /// Zero in the middle; the scale divides by half the number of steps (127.5 for int8).
  case symmetric
  /// Zero in the middle, without the lowest quantized value (127 for int8).
  case symmetricWithClipping = "symmetric_with_clipping"
  /// The range [min, max], widened to hold zero, onto all quantized values.
  case asymmetric
}

/// Which of the two affine formulas maps values to quantized values.
public enum QuantizationFormulation: String, CaseIterable, Sendable {
  /// q = round(x / scale) + zero_point
  case zeroPoint = "zp"
  /// q = round((x - minval) / scale) + quant_min
  case minval
}

/// The type in which scales are chosen.
public enum ScaleDType: String, CaseIterable, Sendable {
  /// The precision of the tensor.
  case none
  /// Powers of two.
  case float8E8M0 = "float8_e8m0fnu"
}
