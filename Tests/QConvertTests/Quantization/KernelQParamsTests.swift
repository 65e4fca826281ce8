import CKernels
import Testing

@testable import QConvert

@Suite struct KernelQParamsTests {
  /// The settings that decide a rule.
  struct Case: Sendable, CustomTestStringConvertible {
    let dtype: QuantizedDType
    let scheme: QuantizationScheme
    let range: FloatRange
    let scaleDType: ScaleDType

    var testDescription: String {
      "\(dtype) \(scheme) \(range.low as Any) \(range.high as Any) \(scaleDType)"
    }

    var spec: QuantizationSpec {
      get throws {
        try QuantizationSpec(
          dtype: dtype, scheme: scheme, floatRange: range, scaleDType: scaleDType)
      }
    }

    static let all: [Case] = {
      let bounds: [(Double?, Double?)] = [
        (nil, nil), (-0.3, nil), (nil, 1.7), (-0.3, 1.7), (0, 0.1), (-1e-30, nil),
      ]
      let ranges = bounds.compactMap { try? FloatRange(low: $0, high: $1) }
      return QuantizedDType.referenceTypes.flatMap { dtype in
        ranges.flatMap { range in
          dtype.isInteger
            ? QuantizationScheme.allCases.map {
              Case(dtype: dtype, scheme: $0, range: range, scaleDType: .none)
            }
            : ScaleDType.referenceTypes.map {
              Case(dtype: dtype, scheme: .symmetric, range: range, scaleDType: $0)
            }
        }
      }
    }()
  }

  /// Ranges a tensor of the precision can have: of weights, of any magnitude, of zeros.
  private func ranges(
    _ precision: FloatPrecision, _ random: inout SeededGenerator
  ) -> [(min: Float, max: Float)] {
    let constants: [Float] = [0, 0x1p-24, 0x1p-140, 1, 65504, -1, 0x1.fep127, 0x1p-20]
    return (0..<53).map { index in
      let (values, _) = precision.randomElements(2, &random)
      let bounds = index % 5 == 0 ? [random.pick(constants), random.pick(constants)] : values
      let rounded = bounds.map { Float(KernelReference.rounded(Double($0), to: precision)) }
      let finite = rounded.map { $0.isFinite ? $0 : 1 }
      return (Swift.min(finite[0], finite[1]), Swift.max(finite[0], finite[1]))
    }
  }

  private func quantization(
    _ spec: QuantizationSpec, _ precision: FloatPrecision
  ) -> TensorQuantization {
    TensorQuantization(
      tensor: TensorDescriptor(name: "t", dtype: precision.dtype, shape: [1], bytes: 0..<4),
      precision: precision, spec: spec, geometry: BlockGeometry(shape: [1], block: [1]),
      roundsQParams: false, packing: nil, rangeCalculator: MinMaxRange(),
      qparamsCalculator: StaticQParams())
  }

  @Test(arguments: Case.all)
  func `parameters follow from ranges step by step`(_ test: Case) throws {
    var random = SeededGenerator(seed: 9)
    let spec = try test.spec
    for precision in FloatPrecision.ofKernels {
      let rule = try #require(quantization(spec, precision).rule)
      let ranges = ranges(precision, &random)
      let expected = ranges.map { KernelReference.qparams(min: $0.min, max: $0.max, rule) }
      let usable = ranges.indices.filter { expected[$0] != nil }
      for kernels in Kernels.available {
        let actual = kernels.qparams(
          rule, min: usable.map { ranges[$0].min }, max: usable.map { ranges[$0].max })
        #expect(
          actual?.map { $0.bits(of: test.dtype) }
            == usable.compactMap { expected[$0]?.bits(of: test.dtype) },
          "\(kernels.name), \(precision)")
        for index in ranges.indices where expected[index] == nil {
          let (min, max) = ranges[index]
          // Alone, and among others in the last, partly filled vector.
          #expect(kernels.qparams(rule, min: [min], max: [max]) == nil)
          let zeros = [Float](repeating: 0, count: 18)
          #expect(kernels.qparams(rule, min: zeros + [min], max: zeros + [max]) == nil)
        }
      }
    }
  }

  @Test(arguments: Case.all)
  func `the static calculator and the kernel agree`(_ test: Case) throws {
    var random = SeededGenerator(seed: 10)
    let spec = try test.spec
    for precision in FloatPrecision.ofKernels {
      let quantization = quantization(spec, precision)
      let rule = try #require(quantization.rule)
      for (min, max) in ranges(precision, &random) {
        let observed = ValueRange(min: Double(min), max: Double(max))
        let qparams = StaticQParams().qparams(
          for: quantization.boundedRange(observed), spec: spec,
          precision: quantization.qparamsPrecision)
        let kernel = Kernels.best.qparams(rule, min: [min], max: [max])
        #expect(
          (qparams.scale.isFinite ? qparams.bits(of: test.dtype) : nil)
            == kernel?.first?.bits(of: test.dtype),
          "\(precision) \(min) \(max)")
      }
    }
  }

  @Test(arguments: 0...40)
  func `any number of groups is taken`(_ count: Int) throws {
    let rule = try #require(
      quantization(try QuantizationSpec(scheme: .asymmetric), .bfloat16).rule)
    let min = (0..<count).map { -Float($0) }
    let max = (0..<count).map { Float($0 * 3) }
    let expected = (0..<count).map {
      KernelReference.qparams(min: min[$0], max: max[$0], rule)?.bits(of: .int8)
    }
    for kernels in Kernels.available {
      #expect(kernels.qparams(rule, min: min, max: max)?.map { $0.bits(of: .int8) } == expected)
    }
  }

  /// By hand: numerics.md's formulas with powers of two, and the float32 epsilon as the least scale.
  @Test func `known ranges have known parameters`() throws {
    let int8 = try #require(quantization(try QuantizationSpec(), .float32).rule)
    let asymmetric = try #require(
      quantization(try QuantizationSpec(dtype: .uint8, scheme: .asymmetric), .float32).rule)
    let float4 = try #require(
      quantization(try QuantizationSpec(dtype: .float4E2M1), .bfloat16).rule)
    func scales(_ kernels: Kernels) -> [Float]? {
      kernels.qparams(float4, min: [-7.5, -8, 0], max: [1, 0, 0])?.map(\.scale)
    }
    for kernels in Kernels.available {
      #expect(
        kernels.qparams(int8, min: [-255, 0], max: [3, 0]) == [
          QParams(scale: 2, zeroPoint: 0, minval: -255),
          QParams(scale: 0x1p-23, zeroPoint: 0, minval: 0),
        ])
      #expect(
        kernels.qparams(asymmetric, min: [-100], max: [155])
          == [QParams(scale: 1, zeroPoint: 100, minval: -100)])
      #expect(scales(kernels) == [1, 2, 0x1p-126])
    }
  }
}

extension QParams {
  /// The bits; the sign of a zero minval is free, and float dtypes have no minval at all.
  fileprivate func bits(of dtype: QuantizedDType) -> [UInt32] {
    let minval = dtype.isInteger && minval != 0 ? minval.bitPattern : 0
    return [scale.bitPattern, UInt32(bitPattern: zeroPoint), minval]
  }
}
