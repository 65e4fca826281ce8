/// The floating-point types whose tensors can be quantized.
public enum FloatPrecision: String, CaseIterable, Sendable {
  case float16, bfloat16, float32, float64

  /// The precision of a tensor's elements, or nil when it cannot be quantized.
  public init?(_ dtype: DType) {
    switch dtype {
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .float32: self = .float32
    case .float64: self = .float64
    default: return nil
    }
  }

  /// The element type of a tensor in this precision.
  public var dtype: DType {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    }
  }

  /// The size of an element in bytes.
  public var byteCount: Int { dtype.bitWidth / 8 }

  /// The value rounded to this precision, half to even; beyond the largest finite value, infinity.
  ///
  /// The 16-bit types round to float32 first, as arithmetic on them does: each operation is carried
  /// out in float32 and its result stored. For one operation on two values of this precision, a
  /// `Double` holds enough digits that rounding it gives the correctly rounded result.
  public func rounded(_ value: Double) -> Double {
    switch self {
    case .float64: value
    case .float32: Double(Float(value))
    case .float16: Double(HalfFloat.float16.value(HalfFloat.float16.bits(Float(value))))
    case .bfloat16: Double(HalfFloat.bfloat16.value(HalfFloat.bfloat16.bits(Float(value))))
    }
  }
}
