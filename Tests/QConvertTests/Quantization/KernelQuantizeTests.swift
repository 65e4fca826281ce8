import Testing

@testable import QConvert

@Suite struct KernelQuantizeTests {
  @Test(arguments: FloatPrecision.halves, KernelCode.allCases)
  func `every finite half is quantized as the formula says`(
    _ type: FloatPrecision, _ code: KernelCode
  ) throws {
    let format = try #require(KernelReference.format(type))
    let patterns = (UInt16.min...UInt16.max).filter {
      KernelReference.decode($0, format).isFinite
    }
    let values = patterns.map { KernelReference.decode($0, format) }
    let bytes = patterns.flatMap { KernelReference.bytes($0) }
    // Tiny, huge, and between; the last formulation subtracts before it divides.
    for (scale, zero, minval, arithmetic) in [
      (0x1p-23, 0, nil, .divide), (0x1.23456p-9, 5, nil, .divide),
      (0x1.fffffep127, -3, nil, .divide), (0.37, nil, -1.5, .divide),
      (0x1p-23, 0, nil, .multiply), (0x1.23456p9, 5, nil, .multiply),
      (0x1.2p30, -3, nil, .multiply), (0.37, nil, -1.5, .multiply),
      (0.37, 5, nil, .divideRounded), (0x1.23456p-9, -3, nil, .divideRounded),
      (0.37, 5, nil, .multiplyByReciprocal), (0.013, -3, nil, .multiplyByReciprocalRounded),
      (0.37, 0, nil, .halfAway), (-0.25, 8, nil, .halfUp), (0.0625, nil, -1.5, .halfUp),
      (0, 8, nil, .halfUp), (0, 0, nil, .halfAway), (-0.3, nil, 2.5, .divide),
      // Powers of two from end to end, and the first that has no reciprocal.
      (0x1p-126, 0, nil, .divide), (0x1p126, -3, nil, .divide), (0x1p127, 0, nil, .divide),
      (0x1p-127, 0, nil, .divide), (-0x1p-3, nil, 1.5, .divide),
      (0x1p-125, 0, nil, .divide), (0x1p-124, 0, nil, .divide), (-0x1p-3, 0, nil, .divide),
      (0x1p-124, 0, nil, .multiply), (0x1p124, 0, nil, .multiply), (0x1p125, 0, nil, .multiply),
      (0x1p3, 0, nil, .divide), (0x1p3, 0, nil, .multiplyByReciprocal),
      (0x1p-20, 0, nil, .divideRounded), (-1, 3, nil, .divideRounded),
      (2, 0, nil, .divideRounded), (0x1p100, 0, nil, .divideRounded),
    ] as [(Float, Int32?, Float?, Arithmetic)] {
      let expected = values.map {
        KernelReference.quantize(
          $0, code, scale: scale, minval: minval, zero: zero, limits: code.limits, arithmetic, type)
      }
      let affine = Affine(
        scale: [scale], minval: minval.map { [$0] }, zero: zero.map { [$0] }, limits: code.limits,
        arithmetic: arithmetic)
      for kernels in Kernels.available {
        let actual = kernels.quantizeRuns(
          type, code, bytes, runs: 1, length: values.count, affine)
        #expect(actual == expected, "\(kernels.name), scale \(scale)")
      }
    }
  }

  @Test(arguments: FloatPrecision.ofKernels, KernelCode.allCases)
  func `runs of any length have the parameters of their group`(
    _ type: FloatPrecision, _ code: KernelCode
  ) {
    var random = SeededGenerator(seed: 1)
    for length in 0...70 {
      // Groups of 16 runs are looked at together: some whose scales are all powers of two or all halves, some not.
      let runs = length % 3 == 0 ? 35 : 3
      var affine = Affine.random(runs, code, &random)
      for run in 0..<min(runs, 20) where length.isMultiple(of: 2) {
        affine.scale[run] = Float(sign: .plus, exponent: run - 12, significand: 1)
      }
      for run in 0..<min(runs, 20) where length % 4 == 1 {
        affine.scale[run] = Float(Float16(0.01 * Float(run + 1)))
      }
      let (values, bytes) = type.randomElements(runs * length, &random)
      let expected = values.indices.map { affine.quantize(values[$0], code, $0 / length, type) }
      for kernels in Kernels.available {
        let actual = kernels.quantizeRuns(type, code, bytes, runs: runs, length: length, affine)
        #expect(actual == expected, "\(kernels.name), length \(length)")
      }
    }
  }

  /// Scales of the elements' type are multiplied with: a quotient halfway between two codes must stay there.
  @Test(arguments: FloatPrecision.halves, [KernelCode.int8, .uint8])
  func `halves are divided by halves of any significand`(
    _ type: FloatPrecision, _ code: KernelCode
  ) {
    var random = SeededGenerator(seed: 17)
    let bits = type == .float16 ? 10 : 7
    for significand in 0..<1 << bits {
      let exponent = random.below(16) - 12
      let scale =
        Float(sign: .plus, exponent: exponent, significand: 1)
        * (1 + Float(significand) / Float(1 << bits))
      let zero = Int32(random.below(256)) + code.limits.lowerBound
      // Small quotients come nearest to being halfway without being it.
      let near = (1...20).map {
        (Float(random.below(1 << ($0 / 2))) + 0.5) * (random.below(2) == 0 ? scale : -scale)
      }
      let bytes = KernelReference.bytes(near + near.map { $0 * 1.003 }, type)
      let values = Kernels.available[0].widen(bytes, type)
      let affine = Affine(scale: [scale], minval: nil, zero: [zero], limits: code.limits)
      let expected = values.map { affine.quantize($0, code, 0, type) }
      for kernels in Kernels.available {
        let actual = kernels.quantizeRuns(
          type, code, bytes, runs: 1, length: values.count, affine)
        #expect(actual == expected, "\(kernels.name), scale \(scale), zero point \(zero)")
      }
    }
  }

  @Test(arguments: KernelCode.allCases.filter { $0 != .int8 && $0 != .uint8 })
  func `float codes are those of zero under a scale of zero`(_ code: KernelCode) {
    let values: [Float] = [0, -0.0, 1, -1, 1e30, -1e-30]
    let bytes = KernelReference.bytes(values, .float32)
    for arithmetic in [Arithmetic.divide, .divideRounded, .multiplyByReciprocal] {
      let affine = Affine(
        scale: [0], minval: nil, zero: [0], limits: code.limits, arithmetic: arithmetic)
      let expected = values.map { affine.quantize($0, code, 0, .float32) }
      #expect(expected.allSatisfy { $0 & 0x7f == 0 || $0 == 8 })
      for kernels in Kernels.available {
        let actual = kernels.quantizeRuns(
          .float32, code, bytes, runs: 1, length: values.count, affine)
        #expect(actual == expected, "\(kernels.name), \(arithmetic)")
      }
    }
  }

  @Test(arguments: FloatPrecision.ofKernels, KernelCode.allCases)
  func `lanes have parameters of their own`(_ type: FloatPrecision, _ code: KernelCode) {
    var random = SeededGenerator(seed: 2)
    for lanes in 0...70 {
      let affine = Affine.random(lanes, code, &random)
      let (values, bytes) = type.randomElements(lanes, &random)
      let expected = values.indices.map { affine.quantize(values[$0], code, $0, type) }
      for kernels in Kernels.available {
        let actual = kernels.quantizeLanes(type, code, bytes, lanes: lanes, affine)
        #expect(actual == expected, "\(kernels.name), \(lanes) lanes")
      }
    }
  }

  @Test(arguments: KernelCode.allCases)
  func `halfway points go to the even code, their neighbours to the nearer one`(
    _ code: KernelCode
  ) {
    let codes: [Double] =
      switch code {
      case .int8, .uint8: (0...256).map { Double($0) }
      case .e4m3: KernelReference.Format.e4m3.magnitudes
      case .e5m2: KernelReference.Format.e5m2.magnitudes
      case .e2m1, .e2m1AsE4M3, .e2m1Lower: KernelReference.Format.e2m1.magnitudes
      }
    let halfway = zip(codes, codes.dropFirst()).map { Float(($0 + $1) / 2) }
    let values = (halfway + codes.map { Float($0) }).flatMap {
      [$0, $0.nextUp, $0.nextDown, -$0, -$0.nextUp, -$0.nextDown]
    }
    let bytes = KernelReference.bytes(values, .float32)
    let affine = Affine(scale: [1], minval: nil, zero: [0], limits: code.limits)
    let expected = values.map { affine.quantize($0, code, 0, .float32) }
    for kernels in Kernels.available {
      let actual = kernels.quantizeRuns(
        .float32, code, bytes, runs: 1, length: values.count, affine)
      #expect(actual == expected, "\(kernels.name)")
    }
  }

  /// Values and their codes by hand, from the OCP definitions of the formats.
  struct Known: Sendable, CustomTestStringConvertible {
    let code: KernelCode
    let codes: [(Float, UInt8)]

    var testDescription: String { "\(code)" }

    static let all = [
      Known(
        code: .e4m3,
        codes: [
          (0, 0), (-0.0, 0x80), (0x1p-10, 0), (0x1.1p-10, 1), (0x1p-9, 1), (1, 0x38),
          (-1, 0xb8), (448, 0x7e), (1e30, 0x7e), (-1e30, 0xfe),
        ]),
      Known(
        code: .e5m2,
        codes: [
          (0, 0), (-0.0, 0x80), (0x1p-17, 0), (0x1.1p-17, 1), (0x1p-16, 1), (1, 0x3c),
          (-1, 0xbc), (57344, 0x7b), (1e30, 0x7b), (-1e30, 0xfb),
        ]),
      Known(
        code: .e2m1,
        codes: [
          (0, 0), (-0.0, 8), (0.25, 0), (0.26, 1), (-0.1, 8), (1, 2), (-1, 10), (5, 6),
          (5.1, 7), (-1e30, 15),
        ]),
      Known(
        code: .e2m1AsE4M3,
        codes: [
          (0, 0), (-0.0, 0x80), (0.25, 0), (0.26, 0x30), (-0.1, 0x80), (1.5, 0x3c),
          (-3, 0xc4), (5, 0x48), (5.1, 0x4c), (-1e30, 0xcc),
        ]),
      Known(
        code: .int8,
        codes: [
          (0, 0), (-0.0, 0), (0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, 0xfe),
          (127.5, 127), (-128.5, 0x80), (1e30, 127),
        ]),
    ]
  }

  @Test(arguments: Known.all)
  func `known values have known codes`(_ known: Known) {
    let affine = Affine(scale: [1], minval: nil, zero: [0], limits: known.code.limits)
    let values = known.codes.map(\.0)
    let bytes = KernelReference.bytes(values, .float32)
    for kernels in Kernels.available {
      let actual = kernels.quantizeRuns(
        .float32, known.code, bytes, runs: 1, length: values.count, affine)
      #expect(actual == known.codes.map(\.1), "\(kernels.name)")
    }
    #expect(values.map { affine.quantize($0, known.code, 0, .float32) } == known.codes.map(\.1))
  }
}
