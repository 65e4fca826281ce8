import Testing

@testable import QConvert

@Suite struct HalfFloatTests {
  private static let formats: [(HalfFloat, KernelReference.Format)] = [
    (.float16, .float16), (.bfloat16, .bfloat16),
  ]

  @Test func `every pattern has its value, and the value its pattern`() {
    for (half, format) in Self.formats {
      let wrong = (UInt16.min...UInt16.max).first { pattern in
        let expected = KernelReference.decode(pattern, format)
        let value = half.value(pattern)
        if expected.isNaN { return !value.isNaN }
        return value.bitPattern != expected.bitPattern || half.bits(value) != pattern
      }
      #expect(wrong == nil, "\(half)")
    }
  }

  @Test func `a float goes to the nearest pattern, from halfway to the even one`() {
    for (half, format) in Self.formats {
      let count = format.magnitudes.count
      let wrong = (0..<count - 1).first { code in
        let middle = Float((format.magnitudes[code] + format.magnitudes[code + 1]) / 2)
        let pattern = UInt16(code)
        return half.bits(middle) != pattern + pattern % 2
          || half.bits(middle.nextDown) != pattern || half.bits(middle.nextUp) != pattern + 1
          || half.bits(-middle) != (pattern + pattern % 2) | 0x8000
      }
      #expect(wrong == nil, "\(half)")
    }
  }

  @Test func `beyond the largest value halfway is infinity`() {
    #expect(HalfFloat.float16.bits(65520) == 0x7c00)
    #expect(HalfFloat.float16.bits(Float(65520).nextDown) == 0x7bff)
    #expect(HalfFloat.float16.bits(-1e30) == 0xfc00)
    #expect(HalfFloat.bfloat16.bits(.greatestFiniteMagnitude) == 0x7f80)
    #expect(HalfFloat.bfloat16.bits(-.infinity) == 0xff80)
  }

  @Test func `NaN stays NaN`() {
    for (half, _) in Self.formats {
      for nan in [Float.nan, .signalingNaN, Float(bitPattern: 0xff80_0001)] {
        #expect(half.value(half.bits(nan)).isNaN)
      }
    }
  }
}
