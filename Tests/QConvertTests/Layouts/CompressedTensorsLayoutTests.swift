import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What is special about compressed-tensors; that the bytes are right, `EcosystemLayoutTests` shows.
@Suite struct CompressedTensorsLayoutTests {
  private let layout = CompressedTensorsLayout()
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `there are cases of all formats`() {
    let cases = EcosystemCase.all(of: "compressed-tensors")
    #expect(Set(cases.compactMap { $0.request.variant }) == Set(layout.variants))
  }

  @Test func `what the library does not have is an error`() {
    let requests = [
      request { $0.variant = "marlin-24" }, request { $0.bits = 3 },
      request { $0.groups = .tensor }, request { $0.dtype = .uint4 },
      request { $0.scheme = .symmetricWithClipping }, request { $0.groupSize = 0 },
      request { ($0.variant, $0.bits) = ("int-quantized", 4) },
      request { ($0.variant, $0.scheme) = ("float-quantized", .asymmetric) },
      request { ($0.variant, $0.groupSize) = ("float-quantized", 32) },
      request { ($0.variant, $0.dtype) = ("float-quantized", .float8E5M2) },
      request { ($0.variant, $0.groupSize) = ("mxfp4-pack-quantized", 64) },
      request { ($0.variant, $0.groups) = ("mxfp8-quantized", .channels) },
      request { ($0.variant, $0.formulas) = ("nvfp4-pack-quantized", .coreaiOpt) },
      request { $0.blockSizes = [128, 128] },
    ]
    for request in requests {
      #expect(throws: LayoutError.self, "\(request)") { try layout.spec(for: request) }
    }
  }

  @Test(arguments: [
    ("a.q_proj.weight", [8, 64], true), ("lm_head.weight", [8, 64], false),
    ("a.embed_tokens.weight", [8, 64], false), ("mlp.gate.weight", [8, 64], false),
    ("mlp.experts.w1.weight", [2, 8, 64], false), ("h.0.attn.c_attn.weight", [8, 64], false),
    ("h.0.mlp.c_fc.weight", [64, 8], false), ("score.weight", [8, 64], true),
  ])
  func `linear layers are quantized`(_ name: TensorName, _ shape: [Int], _ expected: Bool) throws {
    let layout = layout.adapted(to: .object(["model_type": .string("gpt2")]))
    let tensor = TensorDescriptor(
      name: name, dtype: .float32, shape: shape, bytes: 0..<shape.reduce(4, *))
    let fit = try layout.fit(try layout.spec(for: LayoutRequest()), to: tensor)
    let isQuantized = if case .quantize = fit { true } else { false }
    #expect(isQuantized == expected)
  }

  /// A matrix of 75 rows, which no word of zero points ends with.
  private func bench() throws -> Workbench {
    var random = SeededGenerator(seed: 7)
    let values = (0..<75 * 128).map { _ in Double(random.weight()) + 0.01 }
    return try Workbench([
      ("a.weight", .init(.bfloat16, [75, 128], values)),
      ("b.weight", .init(.bfloat16, [3, 96], values.suffix(288))),
    ])
  }

  private func options(_ request: LayoutRequest) throws -> ConversionOptions {
    var options = ConversionOptions(spec: try layout.spec(for: request))
    options.layout = layout.adapted(to: request)
    return options
  }

  @Test(arguments: [4, 8], [nil, 32])
  func `zero points are the same however the rows are cut`(_ bits: Int, _ group: Int?) throws {
    let bench = try bench()
    let request = request { ($0.bits, $0.groupSize, $0.scheme) = (bits, group, .asymmetric) }
    var options = try options(request)
    let whole = try bench.converted(options)
    #expect(whole["a.weight_zero_point"]?.shape == [(75 * bits + 31) / 32, group == nil ? 1 : 4])
    for (jobs, memory) in [(1, 1 << 18), (2, 1 << 19), (2, 1 << 20)] {
      (options.jobs, options.memoryBound) = (jobs, memory)
      let cut = try bench.converted(options)
      #expect(cut == whole)
    }
    let quantized = try bench.convert(options)
    #expect(
      try Verification(of: quantized, against: bench.input).run().findings.isEmpty)
  }

  @Test(arguments: [nil, 32])
  func `packed zero points are those that are not packed`(_ group: Int?) throws {
    let bench = try bench()
    let words = try bench.converted(
      options(request { ($0.bits, $0.groupSize, $0.scheme) = (8, group, .asymmetric) }))
    let bytes = try bench.converted(
      options(
        request {
          ($0.variant, $0.groupSize, $0.scheme) = ("int-quantized", group, .asymmetric)
        }))
    let packed = try #require(words["a.weight_zero_point"])
    let plain = try #require(bytes["a.weight_zero_point"])
    let columns = group == nil ? 1 : 4
    for row in 0..<75 {
      for column in 0..<columns {
        let word = (row / 4 * columns + column) * 4
        let found = Int(packed.bytes[word + row % 4]) - 128
        #expect(found == Int(Int8(bitPattern: plain.bytes[row * columns + column])))
      }
    }
  }

  @Test func `layers that stay as they are and those that differ are told`() throws {
    let test = try #require(EcosystemCase.all(of: "compressed-tensors").first)
    var options = try options(request { $0.groupSize = 128 })
    options.isDurable = false
    options.configuration = try QuantizerConfig(
      yaml: """
        quantization_config:
          global_config:
            op_state_spec:
              weight: {dtype: int4, granularity: {type: per_block, block_size: 32}}
          module_name_configs:
            model.layers.0.self_attn.k_proj:
              op_state_spec:
                weight: {dtype: float8_e4m3fn}
            model.layers.0.mlp.down_proj: null
        """)
    let output = directory.path("mixed")
    _ = try Conversion(of: test.float, options).write(to: output)
    let model = try Model(output)
    let config = try #require(model.configuration?["quantization_config"])
    #expect(config["format"]?.string == "mixed-precision")
    let ignored = config["ignore"]?.elements?.compactMap(\.string) ?? []
    #expect(Set(ignored) == ["model.layers.0.mlp.down_proj", "lm_head"])
    let groups = config["config_groups"]
    #expect(
      groups?["group_0"]?["targets"]?.elements == [.string("model.layers.0.self_attn.k_proj")])
    #expect(groups?["group_0"]?["format"]?.string == "float-quantized")
    #expect(groups?["group_1"]?["targets"]?.elements == [.string("Linear")])
    #expect(try Verification(of: output, against: test.float).run().findings == [])
  }

  private static let tensors: [(String, SafetensorsFile.Tensor)] = [
    (
      "a.weight_packed",
      .init(dtype: "I32", shape: [2, 1], bytes: Array(repeating: 0x12, count: 8))
    ),
    ("a.weight_scale", .init(shape: [2, 1], floats: [1, 2])),
    ("a.weight_shape", .init(dtype: "I64", shape: [2], bytes: [2] + zeros(7) + [8] + zeros(7))),
  ]

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  private func foreign(
    _ tensors: [(String, SafetensorsFile.Tensor)],
    weights: String = #"{"num_bits":4,"type":"int","strategy":"channel"}"#,
    format: String = "pack-quantized"
  ) throws -> FilePath {
    try directory.add(
      "model/model.safetensors", SafetensorsFile.bytes(tensors, metadata: ["format": "pt"]))
    let config = """
      {"dtype": "float32", "quantization_config": {"quant_method": "compressed-tensors",
       "format": "\(format)", "config_groups": {"g": {"targets": ["Linear"], "weights": \(weights)}}}}
      """
    try directory.add("model/config.json", Array(config.utf8))
    return directory.path("model")
  }

  @Test func `a small file of the library is read`() throws {
    let model = try foreign(Self.tensors)
    let output = directory.path("float")
    _ = try Dequantization(of: model).write(to: output)
    let weight = try SafetensorsFile(output.appending("model.safetensors")).tensors["a.weight"]
    // 0x2 and 0x1 are -6 and -7.
    let row: [Float] = [-6, -7, -6, -7, -6, -7, -6, -7]
    #expect(weight == .init(shape: [2, 8], floats: row + row.map { 2 * $0 }))
  }

  @Test(arguments: [
    "a.weight_shape": SafetensorsFile.Tensor(
      dtype: "I64", shape: [2], bytes: [2] + zeros(7) + [9] + zeros(7)),
    "a.weight_shape ": .init(
      dtype: "I64", shape: [2], bytes: Array(repeating: 0xff, count: 16)),
    "a.weight_shape  ": .init(
      dtype: "I64", shape: [2], bytes: Array(repeating: 0x7f, count: 16)),
    "a.weight_shape   ": .init(dtype: "I64", shape: [2], bytes: zeros(16)),
    "a.weight_scale": .init(shape: [1, 1], floats: [1]),
    "a.weight_packed": .init(dtype: "I16", shape: [2, 1], bytes: zeros(4)),
    "a.weight_zero_point": .init(dtype: "I32", shape: [2, 1], bytes: zeros(8)),
    "b.weight_scale": .init(shape: [2, 1], floats: [1, 2]),
  ])
  func `tensors that do not fit are an error`(
    _ name: String, _ tensor: SafetensorsFile.Tensor
  ) throws {
    let name = String(name.prefix { $0 != " " })
    let others = Self.tensors.filter { $0.0 != name }
    let model = try foreign(others + [(name, tensor)])
    #expect(throws: CheckpointError.self) { try Dequantization(of: model) }
    #expect(throws: CheckpointError.self) {
      try Conversion(of: model, ConversionOptions(spec: try QuantizationSpec()))
    }
  }

  @Test(arguments: [
    #"{"num_bits":5,"strategy":"channel"}"#, #"{"num_bits":4,"strategy":"group","group_size":3}"#,
    #"{"num_bits":4,"strategy":"group","group_size":-8}"#, #"{"num_bits":4,"strategy":"block"}"#,
    "null", "7", #"{"num_bits":1e300}"#, #"{"num_bits":8,"strategy":"channel"}"#,
  ])
  func `a configuration that does not fit is an error`(_ weights: String) throws {
    let model = try foreign(Self.tensors, weights: weights)
    #expect(throws: CheckpointError.self) { try Dequantization(of: model) }
  }
}
