/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next() >> 1) % bound
  }

  /// One of the elements.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A finite float whose sign, exponent and mantissa are all random: most are tiny or huge.
  mutating func finiteFloat() -> Float {
    while true {
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: next()))
      if value.isFinite { return value }
    }
  }

  /// A float of a magnitude that weights have: below 4 times `scale`, most far below.
  mutating func weight(_ scale: Float = 1) -> Float {
    let uniform = Float(Int64(truncatingIfNeeded: next() >> 40) - 1 << 23) * 0x1p-23
    let other = Float(Int64(truncatingIfNeeded: next() >> 40)) * 0x1p-24
    return uniform * other * other * 4 * scale
  }
}
