import Testing

@testable import QConvert

@Suite struct KernelPackTests {
  @Test(arguments: 1...8, [false, true])
  func `codes are packed from the lowest bits on and filled up with zeros`(
    _ bits: Int, _ isOffset: Bool
  ) {
    var random = SeededGenerator(seed: 7)
    for count in 0...140 {
      // Signed codes fill the upper bits, which must not reach a neighbour.
      let codes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let expected = KernelReference.pack(codes, bits: bits, isOffset: isOffset)
      for kernels in Kernels.available {
        let packed = kernels.pack(codes, bits: bits, isOffset: isOffset)
        #expect(packed == expected, "\(kernels.name), \(count)")
        let filled = kernels.pack(codes, bits: bits, isOffset: isOffset, fill: 3)
        #expect(filled == expected + [0, 0, 0], "\(kernels.name), \(count)")
      }
    }
  }

  @Test(arguments: 1...8, [(false, false), (true, false), (true, true)])
  func `unpacking gives the codes back, signs included`(
    _ bits: Int, _ kind: (isSigned: Bool, isOffset: Bool)
  ) {
    var random = SeededGenerator(seed: 8)
    let lowest = kind.isSigned ? -(1 << (bits - 1)) : 0
    for count in 0...140 {
      let codes = (0..<count).map { _ in
        UInt8(truncatingIfNeeded: lowest + random.below(1 << bits))
      }
      let packed = KernelReference.pack(codes, bits: bits, isOffset: kind.isOffset)
      for kernels in Kernels.available {
        let actual = kernels.unpack(
          packed, bits: bits, isOffset: kind.isOffset, isSigned: kind.isSigned, count: count)
        #expect(actual == codes, "\(kernels.name), \(count)")
      }
    }
  }

  @Test func `the first code is in the lowest bits`() {
    for kernels in Kernels.available {
      #expect(kernels.pack([1, 2, 3], bits: 4) == [0x21, 0x03])
      #expect(kernels.pack([1, 2, 3, 0, 0xff], bits: 2) == [0b00_11_10_01, 0b11])
      #expect(kernels.unpack([0xf8], bits: 4, isSigned: true, count: 2) == [0xf8, 0xff])
      // -4 ... 3 and back, three bits each, as compressed-tensors writes them.
      let codes: [Int8] = [-4, -3, -2, -1, 0, 1, 2, 3, 3, 2, 1, 0]
      let packed = kernels.pack(
        codes.map { UInt8(bitPattern: $0) }, bits: 3, isOffset: true, fill: 3)
      #expect(packed == [0x88, 0xc6, 0xfa, 0x77, 0x09, 0x00, 0x00, 0x00])
    }
  }
}
