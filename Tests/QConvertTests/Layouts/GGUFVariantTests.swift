import Fixtures
import Testing

@testable import QConvert

@Suite struct GGUFVariantTests {
  @Test func `settings in other words name a variant`() throws {
    let requests: [(LayoutRequest, String)] = [
      (LayoutRequest(), "q8_0"), (request { $0.dtype = .int8 }, "q8_0"),
      (request { $0.bits = 4 }, "q4_0"), (request { $0.dtype = .int4 }, "q4_0"),
      (request { ($0.bits, $0.scheme) = (4, .asymmetric) }, "q4_1"),
      (request { ($0.bits, $0.scheme) = (5, .asymmetric) }, "q5_1"),
      (request { ($0.bits, $0.groupSize, $0.blockSizes) = (5, 32, [32]) }, "q5_0"),
      (request { ($0.dtype, $0.groups) = (.float4E2M1, .blocks) }, "mxfp4"),
    ]
    let layout = GGUFLayout()
    for (request, name) in requests {
      #expect(try layout.label(of: layout.spec(for: request)) == name)
    }
  }

  @Test func `what GGUF does not have is an error`() {
    let requests = [
      request { $0.variant = "q4_k" }, request { $0.variant = "Q8_0" }, request { $0.bits = 6 },
      request { $0.groupSize = 64 }, request { $0.blockSizes = [1, 32] },
      request { $0.groups = .channels }, request { $0.dtype = .float8E4M3 },
      request { ($0.variant, $0.bits) = ("q8_0", 4) },
      request { ($0.variant, $0.scheme) = ("q4_0", .asymmetric) },
      request { ($0.variant, $0.dtype) = ("mxfp4", .int4) },
      request { ($0.variant, $0.bits) = ("f16", 8) },
      request { ($0.variant, $0.formulas) = ("bf16", .coreaiOpt) },
      request { ($0.variant, $0.formulas) = ("q4_0", .coreaiOpt) },
      request { ($0.variant, $0.formulas) = ("mxfp4", .coreaiOpt) },
    ]
    for request in requests {
      #expect(throws: LayoutError.self, "\(request)") { try GGUFLayout().spec(for: request) }
    }
  }

  @Test(arguments: ["q8_0", "q4_1", "q5_1"])
  func `the formulas of coreai-opt may fill blocks`(_ variant: String) throws {
    let layout = GGUFLayout()
    let spec = try layout.spec(
      for: request { ($0.variant, $0.formulas) = (variant, .coreaiOpt) })
    var random = SeededGenerator(seed: 8)
    let bench = try Workbench([("a.weight", .init(.bfloat16, [5, 96], &random))])
    var options = ConversionOptions(spec: spec)
    options.layout = layout
    let output = try bench.convert(options, to: "a.gguf")
    #expect(try Checkpoint(output).tensors.first?.typeName == variant.uppercased())
    #expect(try Verification(of: output, against: bench.input).run().findings.isEmpty)
    // As the native layout has it, but for parameters in half precision.
    options.layout = NativeLayout()
    options.configuration = QuantizerConfig(spec: spec)
    let native = try bench.dequantized(bench.convert(options))["a.weight"]
    let blocks = try Dequantization(of: output)
    #expect(blocks.plan.tensors.map(\.dtype) == [.bfloat16])
    #expect(native?.shape == [5, 96])
  }

  @Test(
    arguments: [
      ("a.weight", DType.float32, [8, 64], true), ("a.weight", .float64, [8, 64], false),
      ("a.weight", .float16, [8, 32, 3, 3], false), ("a.table", .float32, [8, 64], true),
      ("lm_head.weight", .bfloat16, [8, 64], false), ("wte.weight", .bfloat16, [8, 64], false),
      ("mlp.gate.weight", .bfloat16, [8, 64], false),
      ("mlp.experts.w1.weight", .bfloat16, [4, 8, 64], true),
    ] as [(TensorName, DType, [Int], Bool)])
  func `matrices of linear layers and experts are quantized along their rows`(
    _ name: TensorName, _ dtype: DType, _ shape: [Int], _ isQuantized: Bool
  ) throws {
    let spec = try GGUFLayout().spec(for: LayoutRequest())
    let tensor = TensorDescriptor(
      name: name, dtype: dtype, shape: shape, bytes: 0..<shape.reduce(dtype.bitWidth / 8, *))
    switch try GGUFLayout().fit(spec, to: tensor) {
    case .quantize(let spec, let view):
      #expect(isQuantized && view == shape)
      #expect(spec.granularity == .perBlock(axis: shape.count - 1, size: 32))
    case .copy: #expect(!isQuantized)
    }
    let half = GGUFLayout().adapted(to: request { $0.variant = "f16" })
    guard case .copy = try half.fit(spec, to: tensor) else {
      Issue.record("quantized")
      return
    }
  }
}
