/// The types a weight can be quantized to, under the reference's names; the integers of other widths are
/// those of other ecosystems' layouts.
public enum QuantizedDType: String, CaseIterable, Sendable {
  case int8, uint8, int4, uint4, int2, uint2
  case float8E4M3 = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  case float4E2M1 = "float4_e2m1fn"
  case int1, int3, int5, int6, int7
  case uint1, uint3, uint5, uint6, uint7

  /// The types that the reference has.
  public static let referenceTypes: [QuantizedDType] = [
    .int8, .uint8, .int4, .uint4, .int2, .uint2, .float8E4M3, .float8E5M2, .float4E2M1,
  ]

  /// One of the reference's types by its name or one of the aliases for it.
  public init?(name: String) {
    switch name {
    case "float8_e4m3": self = .float8E4M3
    case "float4_e2m1fn_x2": self = .float4E2M1
    default:
      guard let dtype = Self(rawValue: name), Self.referenceTypes.contains(dtype) else {
        return nil
      }
      self = dtype
    }
  }

  /// Whole numbers of this width, from 1 to 8 bits.
  init?(bits: Int, isSigned: Bool) {
    self.init(rawValue: isSigned ? "int\(bits)" : "uint\(bits)")
  }

  /// The number of bits that distinguish the values.
  public var bitWidth: Int {
    switch self {
    case .int8, .uint8, .float8E4M3, .float8E5M2: 8
    case .int7, .uint7: 7
    case .int6, .uint6: 6
    case .int5, .uint5: 5
    case .int4, .uint4, .float4E2M1: 4
    case .int3, .uint3: 3
    case .int2, .uint2: 2
    case .int1, .uint1: 1
    }
  }

  /// Whether the values are whole numbers; only these have a zero point and a minval.
  public var isInteger: Bool {
    switch self {
    case .float8E4M3, .float8E5M2, .float4E2M1: false
    default: true
    }
  }

  /// Whether the values are whole numbers with a sign.
  public var isSignedInteger: Bool {
    switch self {
    case .int1, .int2, .int3, .int4, .int5, .int6, .int7, .int8: true
    default: false
    }
  }

  /// The type that holds a value when each takes a byte: sub-byte integers in 8-bit ones, float4 in
  /// float8_e4m3fn, which represents its whole grid.
  public var storage: DType {
    switch self {
    case .float8E4M3, .float4E2M1: .float8E4M3
    case .float8E5M2: .float8E5M2
    default: isSignedInteger ? .int8 : .uint8
    }
  }

  /// The smallest and largest quantized value under a scheme: `symmetric_with_clipping` drops the
  /// lowest value of the signed integers, so that as many lie on either side of zero.
  public func limits(_ scheme: QuantizationScheme) -> (min: Double, max: Double) {
    switch self {
    case .float8E4M3: return (-448, 448)
    case .float8E5M2: return (-57344, 57344)
    case .float4E2M1: return (-6, 6)
    default:
      guard isSignedInteger else { return (0, Double(1 << bitWidth - 1)) }
      let max = Double(1 << (bitWidth - 1) - 1)
      return (scheme == .symmetricWithClipping ? -max : -max - 1, max)
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
  /// Eight bits with a fraction, as NVFP4 has them.
  case float8E4M3 = "float8_e4m3fn"

  /// The types that the reference has.
  public static let referenceTypes: [ScaleDType] = [.none, .float8E8M0]

  /// The element type of such scales; nil where it is not of this kind.
  var element: DType? {
    switch self {
    case .none: nil
    case .float8E8M0: .float8E8M0
    case .float8E4M3: .float8E4M3
    }
  }

  /// What scales are that have this type in a file, where bytes may stand for floats of eight bits.
  func element(storedAs dtype: DType) -> DType {
    dtype == .uint8 ? element ?? dtype : dtype
  }
}
