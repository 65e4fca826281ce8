import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What MLX makes of small checkpoints; see `fixtures/make_ecosystem.py`.
@Suite struct MLXLayoutTests {
  private static let cases = EcosystemCase.all(of: "mlx")

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `there are cases of all widths and modes`() {
    #expect(Set(Self.cases.compactMap { $0.request.bits }) == [2, 3, 4, 5, 6, 8])
    #expect(Set(Self.cases.compactMap { $0.request.variant }) == Set(MLXLayout().variants))
  }

  /// A directory as mlx-lm writes it.
  private func foreign(_ test: EcosystemCase, _ quantization: String) throws -> FilePath {
    let folder = directory.path("foreign")
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: test.quantized.string,
      toPath: folder.appending("model.safetensors").string)
    try Data(
      #"{"model_type": "llama", "dtype": "\#(test.precision)", "quantization": \#(quantization)}"#
        .utf8
    )
    .write(to: URL(filePath: folder.appending("config.json").string))
    return folder
  }

  @Test(arguments: [
    #"{"group_size": 64, "bits": 7}"#, #"{"group_size": 48, "bits": 4}"#,
    #"{"group_size": 128, "bits": 8}"#, #"{"group_size": 32, "bits": 4, "mode": "mxfp4"}"#,
    #"{"group_size": 1e300, "bits": 4}"#, #"{"group_size": 32}"#,
  ])
  func `settings that the tensors do not fit are an error`(_ quantization: String) throws {
    let test = try #require(
      Self.cases.first { $0.request.bits == 4 && $0.request.groupSize == 32 })
    let folder = try foreign(test, quantization)
    #expect(throws: CheckpointError.self) { try Dequantization(of: folder) }
  }

  @Test func `config.json tells the settings of most modules and of those that differ`() throws {
    let config = try QuantizerConfig(
      yaml: """
        quantization_config:
          global_config:
            op_state_spec:
              weight: {dtype: int4, granularity: {type: per_block, block_size: 32}}
          module_name_configs:
            model.layers.0.self_attn.k_proj:
              op_state_spec:
                weight: {dtype: uint8, granularity: {type: per_block, block_size: 64}}
        """)
    var options = ConversionOptions(spec: try MLXLayout().spec(for: LayoutRequest()))
    options.layout = MLXLayout()
    options.isDurable = false
    options.configuration = config
    let output = directory.path("mixed")
    let input = Fixtures.ecosystem.appending("input-bf16")
    _ = try Conversion(of: input, options).write(to: output)
    let json = try JSONValue(
      parsing: Data(contentsOf: URL(filePath: output.appending("config.json").string)))
    let quantization = try #require(json["quantization"])
    #expect(quantization == json["quantization_config"])
    #expect(quantization["bits"]?.integer == 4)
    #expect(quantization["group_size"]?.integer == 32)
    #expect(quantization["mode"]?.string == "affine")
    let own = quantization["model.layers.0.self_attn.k_proj"]
    #expect(own?["bits"]?.integer == 8)
    #expect(own?["group_size"]?.integer == 64)
    #expect(quantization.members?.count == 4)
    #expect(try Verification(of: output, against: input).run().findings.isEmpty)
  }
}
