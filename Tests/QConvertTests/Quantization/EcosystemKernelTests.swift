import Fixtures
import Foundation
import Testing

@testable import QConvert

/// What other libraries compute, from `fixtures/make_kernels.py`.
@Suite struct EcosystemKernelTests {
  /// A case of the fixture.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let calculator: String
    let dtype: String
    let scheme: String?
    let formulation: String?
    let group: Int
    /// The GGUF type, where blocks are compared.
    let block: String?

    var testDescription: String { name }

    var spec: QuantizationSpec {
      get throws {
        try QuantizationSpec(
          dtype: try #require(QuantizedDType(rawValue: dtype)),
          scheme: try #require(QuantizationScheme(rawValue: scheme ?? "symmetric")),
          formulation: try #require(QuantizationFormulation(rawValue: formulation ?? "zp")),
          granularity: .perBlock(axis: 1, size: group), qparamsCalculator: calculator)
      }
    }

    static let all: [Case] = {
      let text = EcosystemKernelTests.read()?.metadata["kernels"] ?? ""
      return (try? JSONDecoder().decode([Case].self, from: Data(text.utf8))) ?? []
    }()
  }

  private static let tensors = read()?.tensors ?? [:]

  fileprivate static func read() -> SafetensorsFile? {
    try? SafetensorsFile(Fixtures.kernels.appending("libraries.safetensors"))
  }

  private func tensor(_ name: String) -> SafetensorsFile.Tensor? { Self.tensors[name] }

  @Test func `there are cases of every calculator`() {
    #expect(Set(Case.all.map(\.calculator)).count == 14)
  }

  @Test(arguments: Case.all, FloatPrecision.ofKernels)
  func `parameters and codes are those of the library`(
    _ test: Case, _ precision: FloatPrecision
  ) throws {
    let short = precision == .float32 ? "f32" : precision == .float16 ? "f16" : "bf16"
    let input = try #require(tensor("input.\(short)"))
    let quantization = try quantization(test, precision, input.shape)
    let prefix = "\(test.name).\(short)"
    for kernels in Kernels.available {
      let result = try Self.quantize(input.bytes, quantization, kernels)
      let groups = test.group
      if let name = test.block {
        let block = try #require(KernelBlock(rawValue: name))
        let blocks = kernels.ggufBlocks(
          block, result.codes, scale: result.scale, minval: result.minval)
        let expected = try #require(tensor(prefix + ".blocks")?.bytes)
        for i in 0..<result.scale.count {
          let range = i * block.byteCount..<(i + 1) * block.byteCount
          var block = Array(expected[range])
          // numpy's order of reduction decides the sign of a zero minval.
          if name.hasSuffix("_1"), result.minval[i] == 0, block[2] == 0 { block[3] = 0 }
          #expect(Array(blocks[range]) == block, "\(kernels.name), block \(i)")
        }
        continue
      }
      let codes = try #require(tensor(prefix + ".codes")?.bytes)
      var scale = try #require(tensor(prefix + ".scale")?.floats)
      let stored = test.calculator == "mlx-affine" ? precision : .float32
      for i in scale.indices {
        let range = i * groups..<(i + 1) * groups
        // torchao makes groups of zeros groups of NaN.
        if test.calculator == "torchao-float8", scale[i] == 0 { scale[i] = 1 }
        let isZero =
          test.calculator == "torchao-float8"
          && result.codes[range].allSatisfy {
            $0 & 0x7f == 0
          }
        // The library's search ends at 0 for values far beyond the largest scale.
        if test.calculator == "mlx-nvfp4", scale[i] == 448 { continue }
        #expect(
          Self.rounded(result.scale[i], stored) == scale[i], "\(kernels.name), scale \(i)")
        if !isZero {
          #expect(
            Array(result.codes[range]) == Array(codes[range]), "\(kernels.name), group \(i)")
        }
      }
      if let zero = tensor(prefix + ".zero")?.bytes {
        #expect(result.zero.flatMap { KernelReference.bytes($0) } == zero, "\(kernels.name)")
      }
      if let minval = tensor(prefix + ".minval")?.floats {
        #expect(result.minval.map { Self.rounded($0, stored) } == minval, "\(kernels.name)")
      }
    }
  }

  /// The general way, from calculators' formulas in plain Swift.
  @Test(arguments: Case.all, FloatPrecision.ofKernels)
  func `the calculator gives what its kernel gives`(
    _ test: Case, _ precision: FloatPrecision
  ) throws {
    let short = precision == .float32 ? "f32" : precision == .float16 ? "f16" : "bf16"
    let input = try #require(tensor("input.\(short)"))
    var quantization = try quantization(test, precision, input.shape)
    let fast = try Self.quantize(input.bytes, quantization, .best)
    quantization = TensorQuantization(
      tensor: quantization.tensor, precision: precision, spec: quantization.spec,
      geometry: quantization.geometry, roundsQParams: false, packing: quantization.packing,
      rangeCalculator: quantization.rangeCalculator,
      qparamsCalculator: Plain(calculator: quantization.qparamsCalculator),
      globalScale: quantization.globalScale)
    let plain = try Self.quantize(input.bytes, quantization, .best)
    let hasMinval = quantization.spec.formulation == .minval
    let differing = fast.scale.indices.first {
      fast.scale[$0] != plain.scale[$0]
        || (hasMinval ? fast.minval[$0] != plain.minval[$0] : fast.zero[$0] != plain.zero[$0])
    }
    // Which of two ends of one magnitude comes first is for the kernels to see.
    if test.calculator != "gguf-q4_0" { #expect(differing == nil) }
  }

  /// A calculator that the kernels do not know.
  private struct Plain: QParamsCalculator {
    let calculator: any QParamsCalculator

    var zeroInclusion: ZeroInclusion { calculator.zeroInclusion }
    var arithmetic: Arithmetic { calculator.arithmetic }
    var product: ProductPrecision { calculator.product }
    var float4Ties: Float4Ties { calculator.float4Ties }
    var usableScales: UsableScales { calculator.usableScales }

    func qparams(
      for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
    ) -> QParams {
      calculator.qparams(for: range, spec: spec, precision: precision)
    }

    func qparams(
      for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision,
      globalScale: Float?
    ) -> QParams {
      calculator.qparams(
        for: range, spec: spec, precision: precision, globalScale: globalScale)
    }
  }

  private func quantization(
    _ test: Case, _ precision: FloatPrecision, _ shape: [Int]
  ) throws -> TensorQuantization {
    let spec = try test.spec
    let short = precision == .float32 ? "f32" : precision == .float16 ? "f16" : "bf16"
    let bits = spec.dtype.bitWidth
    return TensorQuantization(
      tensor: TensorDescriptor(name: "t", dtype: precision.dtype, shape: shape, bytes: 0..<0),
      precision: precision, spec: spec,
      geometry: BlockGeometry(shape: shape, block: [1, test.group]), roundsQParams: false,
      packing: CodePacking(bits: bits), rangeCalculator: MinMaxRange(),
      qparamsCalculator: try Calculators.builtIn.qparams(for: spec),
      globalScale: tensor("\(test.name).\(short).global")?.floats[0])
  }

  private struct Quantized {
    var scale: [Float] = []
    var zero: [Int32] = []
    var minval: [Float] = []
    var codes: [UInt8] = []
  }

  private static func quantize(
    _ bytes: [UInt8], _ quantization: TensorQuantization, _ kernels: Kernels
  ) throws -> Quantized {
    let quantizer = SlabQuantizer(kernels: kernels)
    let elements = 0..<quantization.geometry.elementCount
    var result = Quantized()
    try unsafe bytes.withUnsafeBytes { input in
      let params = try unsafe quantizer.qparams(of: elements, input: input, quantization)
      unsafe result.scale = Array(params.scale)
      unsafe result.zero = Array(params.zero)
      unsafe result.minval = Array(params.minval)
      unsafe result.codes = Array(
        quantizer.codes(of: elements, input: input, params: params, quantization))
    }
    return result
  }

  private static func rounded(_ value: Float, _ precision: FloatPrecision) -> Float {
    Float(KernelReference.rounded(Double(value), to: precision))
  }
}
