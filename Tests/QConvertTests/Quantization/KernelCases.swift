@testable import QConvert

/// Random elements and parameters for kernel tests.
extension FloatPrecision {
  /// Finite values of this precision, special ones among them, and their bytes.
  func randomElements(
    _ count: Int, _ random: inout SeededGenerator
  ) -> (values: [Float], bytes: [UInt8]) {
    let specials: [Float] = [0, -0.0, 0x1p-24, -0x1p-24, 0x1p-133, 65504, -65504, 0.5, 2.5]
    let values = (0..<count).map { _ in
      let value: Float =
        switch random.below(4) {
        case 0: random.finiteFloat()
        case 1: random.pick(specials)
        default: random.weight(8)
        }
      guard let format = KernelReference.format(self) else { return value }
      let rounded = KernelReference.decode(KernelReference.encode(value, format), format)
      return rounded.isFinite ? rounded : 0
    }
    return (values, KernelReference.bytes(values, self))
  }
}

extension Affine {
  /// Parameters of one of the formulations.
  static func random(
    _ count: Int, _ code: KernelCode, _ random: inout SeededGenerator
  ) -> Affine {
    var affine = ofSteps(count, code, &random)
    affine.arithmetic = random.pick(Arithmetic.allCases)
    affine.product = random.pick(FloatPrecision.ofKernels)
    if random.below(4) == 0 { affine.global = 0x1.2p3 }
    if affine.arithmetic == .multiply { affine.scale = affine.scale.map { min(1 / $0, 0x1p126) } }
    return affine
  }

  private static func ofSteps(
    _ count: Int, _ code: KernelCode, _ random: inout SeededGenerator
  ) -> Affine {
    let scales: [Float] = [0x1p-23, 0x1p-126, 1, 0x1p127, 0.01, 0.3]
    let scale = (0..<count).map { _ in random.pick(scales) * (1 + abs(random.weight(0.2))) }
    guard code.isInteger, random.below(2) == 0 else {
      let zero = (0..<count).map { _ in
        code.isInteger
          ? code.limits.lowerBound + Int32(random.below(code.limits.count)) : 0
      }
      return Affine(scale: scale, minval: nil, zero: zero, limits: code.limits)
    }
    let minval = (0..<count).map { _ in -abs(random.weight()) }
    return Affine(scale: scale, minval: minval, zero: nil, limits: code.limits)
  }

  /// The code of a value of a group.
  func quantize(
    _ value: Float, _ code: KernelCode, _ group: Int, _ type: FloatPrecision
  ) -> UInt8 {
    KernelReference.quantize(
      value, code, scale: effective(group), minval: minval?[group], zero: zero?[group],
      limits: limits, arithmetic, type, dropsSign: global != 0)
  }

  /// The value of a code of a group.
  func dequantize(_ byte: UInt8, _ code: KernelCode, _ group: Int) -> Float {
    KernelReference.dequantize(
      byte, code, scale: effective(group), minval: minval?[group], zero: zero?[group],
      limits: limits, arithmetic, product)
  }

  private func effective(_ group: Int) -> Float {
    global == 0 ? scale[group] : scale[group] / global
  }
}
