import QConvert
import Testing

@Suite struct FloatPrecisionTests {
  @Test(arguments: FloatPrecision.allCases)
  func `values are rounded to the nearest of the precision`(_ precision: FloatPrecision) {
    var random = SeededGenerator(seed: 20)
    for _ in 0..<3000 {
      let value = Double(random.finiteFloat()) * (1 + Double(random.weight()) * 0x1p-20)
      let expected = KernelReference.rounded(value, to: precision)
      #expect(precision.rounded(value).bitPattern == expected.bitPattern)
    }
  }

  @Test(arguments: FloatPrecision.allCases)
  func `rounding again changes nothing, and signs of zero stay`(_ precision: FloatPrecision) {
    for value in [0.1, -1 / 3.0, 65504, 1e-40, 3e38] {
      let rounded = precision.rounded(value)
      #expect(precision.rounded(rounded) == rounded)
    }
    #expect(precision.rounded(-0.0).sign == .minus)
    #expect(precision.rounded(.infinity) == .infinity)
    #expect(precision.rounded(.nan).isNaN)
  }

  @Test func `known values`() {
    #expect(FloatPrecision.float16.rounded(2049) == 2048)
    #expect(FloatPrecision.float16.rounded(2051) == 2052)
    #expect(FloatPrecision.float16.rounded(1e5) == .infinity)
    #expect(FloatPrecision.bfloat16.rounded(257) == 256)
    #expect(FloatPrecision.bfloat16.rounded(259) == 260)
    #expect(FloatPrecision.float32.rounded(16_777_217) == 16_777_216)
    #expect(FloatPrecision.float64.rounded(16_777_217) == 16_777_217)
  }

  @Test func `the four float types are quantized, others are not`() {
    let known = DType.allCases.filter { FloatPrecision($0) != nil }
    #expect(Set(known) == [.float16, .bfloat16, .float32, .float64])
    for precision in FloatPrecision.allCases {
      #expect(FloatPrecision(precision.dtype) == precision)
      #expect(precision.byteCount * 8 == precision.dtype.bitWidth)
    }
  }
}
