import CKernels
import Testing

@testable import QConvert

@Suite struct KernelBlockTests {
  /// The bytes of a block as the format describes them, bit by bit.
  private func block(
    _ type: KernelBlock, _ codes: ArraySlice<UInt8>, scale: Float, minval: Float
  ) -> [UInt8] {
    let codes = Array(codes)
    let float16 = KernelReference.Format.float16
    var bytes =
      type == .mxfp4
      ? [UInt8(scale.exponent + 127)]
      : KernelReference.bytes(KernelReference.encode(scale, float16))
    if type == .q4_1 || type == .q5_1 {
      bytes += KernelReference.bytes(KernelReference.encode(minval, float16))
    }
    if type == .q8_0 { return bytes + codes }
    if type == .q5_0 || type == .q5_1 {
      bytes += KernelReference.pack(codes.map { $0 / 16 }, bits: 1)
    }
    return bytes + (0..<16).map { codes[$0] % 16 + codes[$0 + 16] % 16 * 16 }
  }

  @Test(arguments: KernelBlock.allCases)
  func `blocks have the bytes of the format, and codes come back`(_ type: KernelBlock) {
    var random = SeededGenerator(seed: 14)
    let bound = type == .q8_0 ? 256 : type == .q5_0 || type == .q5_1 ? 32 : 16
    for count in [0, 1, 15, 16, 17, 40] {
      let codes = (0..<32 * count).map { _ in UInt8(random.below(bound)) }
      let scale = (0..<count).map { _ in
        type == .mxfp4
          ? Float(sign: .plus, exponent: random.below(255) - 127, significand: 1)
          : random.weight(100)
      }
      let minval = (0..<count).map { _ in random.weight(100) }
      let expected = (0..<count).flatMap {
        block(type, codes[32 * $0..<32 * ($0 + 1)], scale: scale[$0], minval: minval[$0])
      }
      for kernels in Kernels.available {
        let bytes = kernels.ggufBlocks(type, codes, scale: scale, minval: minval)
        #expect(bytes == expected, "\(kernels.name), \(count)")
        let back = kernels.ggufUnblocks(type, expected)
        #expect(back.codes == codes, "\(kernels.name), \(count)")
        func stored(_ value: Float) -> Float {
          type == .mxfp4
            ? value : Float(KernelReference.rounded(Double(value), to: .float16))
        }
        #expect(back.scale == scale.map(stored), "\(kernels.name), \(count)")
        if type == .q4_1 || type == .q5_1 {
          #expect(back.minval == minval.map(stored), "\(kernels.name), \(count)")
        }
      }
    }
  }

  @Test(arguments: [(false, false), (true, false), (true, true)])
  func `halves of blocks share bytes`(_ kind: (isSigned: Bool, isOffset: Bool)) {
    var random = SeededGenerator(seed: 15)
    for blocks in 0...5 {
      let codes = (0..<32 * blocks).map { _ in
        UInt8(truncatingIfNeeded: random.below(16) - (kind.isSigned ? 8 : 0))
      }
      let expected = (0..<16 * blocks).map { index in
        let low = index / 16 * 32 + index % 16
        let nibbles = [codes[low], codes[low + 16]].map { ($0 &+ (kind.isOffset ? 8 : 0)) % 16 }
        return nibbles[0] + nibbles[1] * 16
      }
      for kernels in Kernels.available {
        #expect(kernels.packHalves(codes, isOffset: kind.isOffset) == expected)
        #expect(
          kernels.unpackHalves(expected, isOffset: kind.isOffset, isSigned: kind.isSigned)
            == codes)
      }
    }
  }

  @Test func `scales become the bytes of their types, and come back`() {
    var random = SeededGenerator(seed: 16)
    let e4m3 = KernelReference.Format.e4m3
    for count in Array(0...40) + [300] {
      let values = (0..<count).map { _ in random.weight(2000) }
      let nearest = values.map {
        UInt8(e4m3.nearestCode(min(Double($0.magnitude), 448))) | ($0.sign == .minus ? 0x80 : 0)
      }
      let powers = (0..<count).map { Float(sign: .plus, exponent: $0 % 255 - 127, significand: 1) }
      let exponents = (0..<count).map { UInt8($0 % 255) }
      for kernels in Kernels.available {
        unsafe #expect(kernels.bytes(of: values, \.narrow_e4m3) == nearest, "\(kernels.name)")
        unsafe #expect(
          kernels.values(of: nearest, \.widen_e4m3)
            == nearest.map { KernelReference.value($0, .e4m3) })
        unsafe #expect(kernels.bytes(of: powers, \.narrow_e8m0) == exponents, "\(kernels.name)")
        unsafe #expect(kernels.values(of: exponents, \.widen_e8m0) == powers, "\(kernels.name)")
      }
    }
    for kernels in Kernels.available {
      unsafe #expect(kernels.values(of: [255, 127], \.widen_e8m0)[0].isNaN)
      unsafe #expect(kernels.values(of: [0x7f, 0x38], \.widen_e4m3)[0].isNaN)
    }
  }
}
