/// What takes an element of a tensor to its quantized value.
///
/// x is the element, less the minval of its group if there is one; R rounds to the type of the tensor; all
/// else is float32. Halves go to the even number unless said otherwise, and what is beyond the limits of the
/// type is clamped. The reciprocal of a scale of 0 is 0.
public enum Arithmetic: CaseIterable, Hashable, Sendable {
  /// round(x / scale) + zero
  case divide
  /// round(x * scale) + zero: the scale is the reciprocal of the step between codes.
  case multiply
  /// round(R(R(x / scale) + zero))
  case divideRounded
  /// round(x * (1 / scale)) + zero
  case multiplyByReciprocal
  /// round(R(x * R(1 / scale))) + zero
  case multiplyByReciprocalRounded
  /// round(x * (1 / scale)) + zero, halves away from zero
  case halfAway
  /// trunc(x * (1 / scale) + (zero - lowest + 0.5)) + lowest, where lowest is the smallest quantized value
  case halfUp

  /// What the scale does to a value.
  public var scaling: Scaling { self == .multiply ? .multiply : .divide }
}

/// What a scale does to a value on its way to a code.
public enum Scaling: Hashable, Sendable {
  /// The scale is the step between codes: x = (q - zero) * scale.
  case divide
  /// The scale is the reciprocal of the step: x = (q - zero) / scale.
  case multiply
}

/// To what type the product of a code with its scale is rounded, and its sum with a minval, before the value
/// is rounded to the type of the tensor.
public enum ProductPrecision: Hashable, Sendable {
  case float32
  case bfloat16
  /// The type of the tensor.
  case tensor

  /// The type, for a tensor of this one.
  func precision(for tensor: FloatPrecision) -> FloatPrecision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .tensor: tensor
    }
  }
}

/// Where the float4 code of a value goes that is halfway between two.
public enum Float4Ties: Hashable, Sendable {
  /// To the even code; negative values that become zero keep their sign.
  case even
  /// To the one of lower magnitude; zero has no sign. A scale of 0 makes all values 0.
  case lower
}

/// Which scales are usable.
public enum UsableScales: Hashable, Sendable {
  case positive
  /// Those of any sign, and zero.
  case finite
}
