import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// What models say of themselves and have beside their weights.
@Suite struct CompressedTensorsModelTests {
  private let layout = CompressedTensorsLayout()
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  // MARK: What is written

  private func outcome(
    _ name: TensorName, _ dtype: DType = .float32, _ spec: QuantizationSpec? = nil,
    shape: [Int] = [8, 64]
  ) -> LayoutOutcome {
    LayoutOutcome(name: name, dtype: dtype, shape: shape, spec: spec)
  }

  private func spec(_ change: (inout LayoutRequest) -> Void) throws -> QuantizationSpec {
    var request = LayoutRequest()
    change(&request)
    return try layout.spec(for: request)
  }

  @Test(arguments: [
    ("model.embed_tokens.weight", ["lm_head"]),
    ("lm_head.layer_norm.weight", ["lm_head", "lm_head.decoder"]),
    ("language_model.model.norm.weight", ["lm_head", "language_model.lm_head"]),
    ("cls.predictions.transform.LayerNorm.weight", ["lm_head", "cls.predictions.decoder"]),
    ("predictions.LayerNorm.weight", ["lm_head", "predictions.decoder"]),
    ("vocab_transform.weight", ["lm_head", "vocab_projector"]),
    ("generator_predictions.LayerNorm.weight", ["lm_head", "generator_lm_head"]),
  ])
  func `heads that are embeddings are to be ignored`(
    _ neighbour: String, _ expected: [String]
  ) throws {
    let spec = try spec { $0.bits = 8 }
    // A bias is no weight of its own.
    let model = LayoutModel(
      tensors: [
        outcome("a.q_proj.weight", .float32, spec), outcome("vocab_projector.bias"),
        outcome(TensorName(neighbour), shape: [8]),
      ], configuration: nil)
    let config = try JSONValue(parsing: layout.configuration(of: model).utf8)
    #expect(config["ignore"]?.elements?.compactMap(\.string) == expected)
  }

  @Test func `a head with a weight is told once`() throws {
    let model = LayoutModel(
      tensors: [
        outcome("a.weight", .float32, try spec { $0.bits = 8 }), outcome("lm_head.weight"),
      ], configuration: nil)
    let config = try JSONValue(parsing: layout.configuration(of: model).utf8)
    #expect(config["ignore"]?.elements == [.string("lm_head")])
  }

  @Test(
    arguments: [
      ("pack-quantized", .symmetric, .float32, 0), ("pack-quantized", .asymmetric, .bfloat16, 1),
      ("int-quantized", .asymmetric, .bfloat16, 1), ("float-quantized", .symmetric, .float16, 0),
      ("mxfp4-pack-quantized", .symmetric, .float16, 1),
      ("mxfp4-pack-quantized", .symmetric, .bfloat16, 0),
    ] as [(String, QuantizationScheme, DType, Int)])
  func `what consumers do not load is said`(
    _ variant: String, _ scheme: QuantizationScheme, _ dtype: DType, _ count: Int
  ) throws {
    var request = LayoutRequest()
    (request.variant, request.scheme) = (variant, scheme)
    let layout = try #require(layout.adapted(to: request) as? CompressedTensorsLayout)
    let model = LayoutModel(
      tensors: [outcome("a.weight", dtype, try layout.spec(for: request))], configuration: nil)
    #expect(layout.warnings(of: model).count == count)
  }

  // MARK: What is read

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  private static let weight: [(String, SafetensorsFile.Tensor)] = [
    ("a.weight_packed", .init(dtype: "I32", shape: [2, 1], bytes: zeros(8))),
    ("a.weight_scale", .init(shape: [2, 1], floats: [1, 2])),
    ("a.weight_shape", .init(dtype: "I64", shape: [2], bytes: [2] + zeros(7) + [8] + zeros(7))),
  ]

  /// A model of the library with a tensor more, and a member more in its configuration.
  private func model(
    _ tensor: (String, SafetensorsFile.Tensor)? = nil, bits: Int = 4, _ member: String = ""
  ) throws -> FilePath {
    try directory.add(
      "model/model.safetensors",
      SafetensorsFile.bytes(Self.weight + [tensor].compactMap(\.self), metadata: ["format": "pt"]))
    let config = """
      {"dtype": "float32", "quantization_config": {"quant_method": "compressed-tensors",
       "format": "pack-quantized", \(member) "config_groups": {"g": {"targets": ["Linear"],
       "weights": {"num_bits": \(bits), "strategy": "channel"}}}}}
      """
    try directory.add("model/config.json", Array(config.utf8))
    return directory.path("model")
  }

  @Test(arguments: [
    "", #""transform_config": {},"#, #""transform_config": {"config_groups": {}},"#,
    #""transform_config": null, "sparsity_config": {"format": "dense"},"#,
  ])
  func `parameters of activations are left out of floats`(_ member: String) throws {
    let model = try model(("a.input_scale", .init(shape: [1], floats: [3])), member)
    let output = directory.path("float")
    _ = try Dequantization(of: model).write(to: output)
    let tensors = try SafetensorsFile(output.appending("model.safetensors")).tensors
    #expect(Array(tensors.keys) == ["a.weight"])
  }

  @Test(arguments: [
    ("a.weight_g_idx", ""), ("b.bitmask", #""sparsity_config": {"format": "sparse-bitmask"},"#),
    ("b.scale_packed", ""), ("c.bias", #""transform_config": {"config_groups": {"u": {}}},"#),
  ])
  func `what would be read as other values is an error`(_ name: String, _ member: String) throws {
    let model = try model((name, .init(dtype: "I32", shape: [8], bytes: Self.zeros(32))), member)
    let error = try #require(throws: CheckpointError.self) { try Dequantization(of: model) }
    guard case RecordError.unsupportedMode = error.reason else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `other widths are an error that says so`() throws {
    let model = try model(bits: 3)
    let error = try #require(throws: CheckpointError.self) { try Dequantization(of: model) }
    #expect("\(error)".contains("pack-quantized of 3 bits"))
  }
}
