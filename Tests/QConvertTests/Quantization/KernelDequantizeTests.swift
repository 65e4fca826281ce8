import Testing

@testable import QConvert

@Suite struct KernelDequantizeTests {
  /// The codes that stand for finite values.
  private func codes(_ code: KernelCode) -> [UInt8] {
    (UInt8.min...UInt8.max).filter {
      ((code != .e2m1 && code != .e2m1Lower) || $0 < 16) && KernelReference.value($0, code).isFinite
    }
  }

  private func bytes(_ values: [Float], _ type: FloatPrecision) -> [UInt8] {
    KernelReference.bytes(values, type)
  }

  @Test(arguments: KernelCode.allCases, FloatPrecision.ofKernels)
  func `every code has the value that the formula gives`(
    _ code: KernelCode, _ type: FloatPrecision
  ) {
    let codes = codes(code)
    for (scale, zero, minval, arithmetic) in [
      (1, 0, nil, .divide), (0x1p-23, 3, nil, .divide), (0x1.8p120, -7, nil, .divide),
      (0x1.23456p-9, 5, nil, .divide), (0x1p-140, 0, nil, .divide), (0.37, nil, -1.5, .divide),
      (1000, nil, -0x1.234568p0, .divide), (0x1p-23, 3, nil, .multiply),
      (0x1.23456p9, 5, nil, .multiply), (0x1p120, 0, nil, .multiply),
      (1000, nil, -0x1.234568p0, .multiply), (0.37, nil, 0.7, .halfUp), (-0.37, 3, nil, .halfAway),
    ] as [(Float, Int32?, Float?, Arithmetic)] {
      // The layouts give float codes no minval.
      if minval != nil, !code.isInteger { continue }
      let affine = Affine(
        scale: [scale], minval: minval.map { [$0] }, zero: zero.map { [$0] }, limits: code.limits,
        arithmetic: arithmetic)
      let expected = bytes(codes.map { affine.dequantize($0, code, 0) }, type)
      for kernels in Kernels.available {
        let actual = kernels.dequantizeRuns(
          code, type, codes, runs: 1, length: codes.count, affine)
        #expect(actual == expected, "\(kernels.name), scale \(scale)")
      }
    }
  }

  @Test(arguments: KernelCode.allCases, FloatPrecision.ofKernels)
  func `runs and lanes of any length have their parameters`(
    _ code: KernelCode, _ type: FloatPrecision
  ) {
    var random = SeededGenerator(seed: 3)
    let known = codes(code)
    for length in 0...70 {
      let runs = 2
      let ofRuns = Affine.random(runs, code, &random)
      let ofLanes = Affine.random(length, code, &random)
      let codes = (0..<runs * length).map { _ in random.pick(known) }
      let lanes = Array(codes.prefix(length))
      let values = codes.indices.map { ofRuns.dequantize(codes[$0], code, $0 / length) }
      let laneValues = lanes.indices.map { ofLanes.dequantize(lanes[$0], code, $0) }
      for kernels in Kernels.available {
        #expect(
          kernels.dequantizeRuns(code, type, codes, runs: runs, length: length, ofRuns)
            == bytes(values, type), "\(kernels.name), length \(length)")
        #expect(
          kernels.dequantizeLanes(code, type, lanes, lanes: length, ofLanes)
            == bytes(laneValues, type), "\(kernels.name), \(length) lanes")
      }
    }
  }

  @Test(arguments: [KernelCode.e4m3, .e5m2, .e2m1, .e2m1AsE4M3])
  func `minus zero stays minus zero`(_ code: KernelCode) {
    let affine = Affine(scale: [0.5], minval: nil, zero: [0], limits: code.limits)
    for kernels in Kernels.available {
      let codes: [UInt8] = [code == .e2m1 ? 8 : 0x80]
      let bytes = kernels.dequantizeRuns(code, .float32, codes, runs: 1, length: 1, affine)
      #expect(bytes == [0, 0, 0, 0x80], "\(kernels.name)")
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `codes of NaN and infinity are not taken for numbers`(_ type: FloatPrecision) {
    let affine = Affine(scale: [0.5], minval: nil, zero: [0], limits: -1...1)
    for kernels in Kernels.available {
      for (code, byte) in [(.e4m3, 0x7f), (.e4m3, 0xff), (.e5m2, 0x7d), (.e5m2, 0xff)]
        as [(KernelCode, UInt8)]
      {
        let bytes = kernels.dequantizeRuns(code, type, [byte], runs: 1, length: 1, affine)
        #expect(kernels.widen(bytes, type).allSatisfy { $0.isNaN }, "\(kernels.name)")
      }
      let infinite = kernels.dequantizeRuns(
        .e5m2, type, [0x7c, 0xfc], runs: 1, length: 2, affine)
      #expect(kernels.widen(infinite, type) == [.infinity, -.infinity], "\(kernels.name)")
    }
  }
}
