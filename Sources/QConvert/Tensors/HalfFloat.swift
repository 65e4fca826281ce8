/// The two 16-bit float formats as bit patterns; `Float16` does not exist on every platform.
enum HalfFloat {
  case float16, bfloat16

  /// The pattern nearest to the value, half to even.
  func bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(bits >> 16 & 0x8000)
    let magnitude = bits & 0x7fff_ffff
    switch self {
    case .bfloat16:
      if value.isNaN { return UInt16(bits >> 16) | 0x40 }
      return UInt16((bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
    case .float16:
      if value.isNaN { return sign | 0x7e00 | UInt16(bits >> 13 & 0x3ff) }
      if magnitude >= 0x4780_0000 { return sign | 0x7c00 }
      if magnitude < 0x3880_0000 {
        // Subnormal: the pattern counts steps of 2^-24, exact after the scaling.
        let steps = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
        return sign | UInt16(steps)
      }
      let rebased = magnitude - 112 << 23
      return sign | UInt16((rebased + 0xfff + (rebased >> 13 & 1)) >> 13)
    }
  }

  /// The value of a pattern, exactly.
  func value(_ bits: UInt16) -> Float {
    switch self {
    case .bfloat16:
      return Float(bitPattern: UInt32(bits) << 16)
    case .float16:
      let sign = UInt32(bits & 0x8000) << 16
      let magnitude = UInt32(bits & 0x7fff) << 13
      if magnitude >= 0x0f80_0000 { return Float(bitPattern: sign | 0x7f80_0000 | magnitude) }
      return Float(bitPattern: sign | (Float(bitPattern: magnitude) * 0x1p112).bitPattern)
    }
  }
}
