import Testing

@testable import QConvert

/// The formulas of other libraries, as calculators and as kernels.
@Suite struct KernelRuleTests {
  /// A calculator with a spec it is for.
  struct Case: Sendable, CustomTestStringConvertible {
    let calculator: String
    let dtype: QuantizedDType
    var scheme = QuantizationScheme.symmetric
    var formulation = QuantizationFormulation.zeroPoint

    var testDescription: String { "\(calculator) \(dtype) \(scheme)" }

    static let all: [Case] = [
      Case(calculator: "compressed-tensors-int", dtype: .int4),
      Case(calculator: "compressed-tensors-int", dtype: .int8, scheme: .asymmetric),
      Case(calculator: "compressed-tensors-int", dtype: .int1, scheme: .asymmetric),
      Case(calculator: "compressed-tensors-float", dtype: .float8E4M3),
      Case(calculator: "compressed-tensors-mx", dtype: .float4E2M1),
      Case(calculator: "compressed-tensors-mx", dtype: .float8E4M3),
      Case(calculator: "compressed-tensors-nvfp4", dtype: .float4E2M1),
      Case(calculator: "mlx-affine", dtype: .uint3, scheme: .asymmetric, formulation: .minval),
      Case(calculator: "mlx-affine", dtype: .uint8, scheme: .asymmetric, formulation: .minval),
      Case(calculator: "mlx-mx", dtype: .float4E2M1),
      Case(calculator: "mlx-mx", dtype: .float8E4M3),
      Case(calculator: "mlx-nvfp4", dtype: .float4E2M1),
      Case(calculator: "torchao-int8", dtype: .int8),
      Case(calculator: "torchao-int8", dtype: .int8, scheme: .asymmetric),
      Case(calculator: "torchao-intx", dtype: .int5, scheme: .asymmetric),
      Case(calculator: "torchao-float8", dtype: .float8E4M3),
      Case(calculator: "gguf-q8_0", dtype: .int8),
      Case(calculator: "gguf-q4_0", dtype: .uint4),
      Case(calculator: "gguf-q4_0", dtype: .uint5),
      Case(calculator: "gguf-q4_1", dtype: .uint5, scheme: .asymmetric, formulation: .minval),
      Case(calculator: "gguf-mxfp4", dtype: .float4E2M1),
    ]
  }

  /// Ranges of weights, of any magnitude, of zeros and subnormals, and next to powers of two.
  private func ranges(
    _ precision: FloatPrecision, _ random: inout SeededGenerator
  ) -> [(min: Float, max: Float)] {
    var ends: [Float] = [
      0, -0.0, 0x1p-24, 0x1p-140, 0x1p-126, 0x1.8p-127, 0x1p-15, 0x1.8p-15, 1,
      7.5, -7.5, 1.75, 1.7499999, 448, 2688, 65504, 57344, 1e-7, -1e-7, 0x1p-125,
    ]
    for exponent in stride(from: -120, through: 120, by: 15) {
      var near = Float(sign: .plus, exponent: exponent, significand: 1)
      for _ in 0..<48 {
        near = near.nextDown
        ends.append(near)
      }
      ends.append(6 * Float(sign: .plus, exponent: exponent, significand: 1).nextUp)
    }
    ends += precision.randomElements(200, &random).values
    let rounded = ends.map { Float(KernelReference.rounded(Double($0), to: precision)) }
    let finite = rounded.filter { $0.isFinite && $0.magnitude < 0x1p126 }
    return finite.flatMap { end in
      [(min(end, 0), max(end, 0)), (min(-end, 0.25 * end), max(-end, 0.25 * end)), (end, end)]
    }
      + (0..<200).map { _ in
        let pair = [random.pick(finite), random.pick(finite)]
        return (pair.min() ?? 0, pair.max() ?? 0)
      }
  }

  @Test(arguments: Case.all, FloatPrecision.ofKernels)
  func `calculator and kernel agree on every range`(
    _ test: Case, _ precision: FloatPrecision
  ) throws {
    var random = SeededGenerator(seed: 12)
    let spec = try QuantizationSpec(
      dtype: test.dtype, scheme: test.scheme, formulation: test.formulation,
      qparamsCalculator: test.calculator)
    let calculator = try Calculators.builtIn.qparams(for: spec)
    let globalScale: Float? = test.calculator.hasSuffix("-nvfp4") ? 1234.5 : nil
    let quantization = TensorQuantization(
      tensor: TensorDescriptor(name: "t", dtype: precision.dtype, shape: [1], bytes: 0..<4),
      precision: precision, spec: spec, geometry: BlockGeometry(shape: [1], block: [1]),
      roundsQParams: false, packing: nil, rangeCalculator: MinMaxRange(),
      qparamsCalculator: calculator, globalScale: globalScale)
    let rule = try #require(quantization.rule)
    let ranges = ranges(precision, &random)
    let expected = ranges.map { range in
      calculator.qparams(
        for: quantization.range(
          ofGroup: 0, observed: ValueRange(min: Double(range.min), max: Double(range.max))),
        spec: spec, precision: precision, globalScale: globalScale)
    }
    let usable = ranges.indices.filter { expected[$0].scale.isFinite }
    #expect(usable.count > ranges.count / 2)
    for kernels in Kernels.available {
      let found = kernels.qparams(
        rule, min: usable.map { ranges[$0].min }, max: usable.map { ranges[$0].max })
      let actual = try #require(found, "\(kernels.name)")
      let differing = usable.indices.first {
        let (one, other) = (actual[$0], expected[usable[$0]])
        return one.scale.bitPattern != other.scale.bitPattern
          || (test.formulation == .minval
            ? one.minval != other.minval
            : test.dtype.isInteger && one.zeroPoint != other.zeroPoint)
      }
      #expect(
        differing == nil,
        "\(kernels.name): \(differing.map { "\(ranges[usable[$0]]) \(actual[$0]) \(expected[usable[$0]])" } ?? "")"
      )
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `the first element of largest magnitude is the end of its range`(
    _ type: FloatPrecision
  ) throws {
    var random = SeededGenerator(seed: 13)
    for length in [1, 2, 15, 16, 17, 32, 33, 64] {
      let runs = 9
      let values = (0..<runs * length).map { index in
        Float(index / length == 4 ? 0 : random.below(5) - 2) * (random.below(2) == 0 ? 1 : -1)
      }
      for kernels in Kernels.available {
        let (min, max) = try #require(
          kernels.extremeRuns(
            type, KernelReference.bytes(values, type), runs: runs, length: length))
        for run in 0..<runs {
          let group = values[run * length..<(run + 1) * length]
          let magnitude = group.map(\.magnitude).max() ?? 0
          let first = group.first { $0.magnitude == magnitude } ?? 0
          let end = -min[run] > max[run] ? min[run] : max[run]
          #expect(end.bitPattern == first.bitPattern, "\(kernels.name), \(length)")
        }
      }
    }
    for kernels in Kernels.available {
      let bytes = KernelReference.bytes([1, .infinity], type)
      #expect(kernels.extremeRuns(type, bytes, runs: 1, length: 2) == nil)
    }
  }
}
