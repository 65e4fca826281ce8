import Testing

@testable import QConvert

@Suite struct KernelPackTests {
  @Test(arguments: [2, 4])
  func `codes are packed from the lowest bits on and filled up with zeros`(_ bits: Int) {
    var random = SeededGenerator(seed: 7)
    for count in 0...140 {
      // Signed codes fill the upper bits, which must not reach a neighbour.
      let codes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let expected = KernelReference.pack(codes, bits: bits)
      for kernels in Kernels.available {
        #expect(kernels.pack(codes, bits: bits) == expected, "\(kernels.name), \(count)")
      }
    }
  }

  @Test(arguments: [2, 4], [false, true])
  func `unpacking gives the codes back, signs included`(_ bits: Int, _ isSigned: Bool) {
    var random = SeededGenerator(seed: 8)
    let lowest = isSigned ? -(1 << (bits - 1)) : 0
    for count in 0...140 {
      let codes = (0..<count).map { _ in
        UInt8(truncatingIfNeeded: lowest + random.below(1 << bits))
      }
      let packed = KernelReference.pack(codes, bits: bits)
      #expect(
        KernelReference.unpack(packed, bits: bits, isSigned: isSigned, count: count) == codes)
      for kernels in Kernels.available {
        let actual = kernels.unpack(packed, bits: bits, isSigned: isSigned, count: count)
        #expect(actual == codes, "\(kernels.name), \(count)")
      }
    }
  }

  @Test func `the first code is in the lowest bits`() {
    for kernels in Kernels.available {
      #expect(kernels.pack([1, 2, 3], bits: 4) == [0x21, 0x03])
      #expect(kernels.pack([1, 2, 3, 0, 0xff], bits: 2) == [0b00_11_10_01, 0b11])
      #expect(kernels.unpack([0xf8], bits: 4, isSigned: true, count: 2) == [0xf8, 0xff])
    }
  }
}
