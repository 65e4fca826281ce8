import Fixtures
import Foundation
import SystemPackage
import Testing

/// Tensors that are not just a matrix of floats: experts, weights quantized elsewhere, weights held twice.
@Suite struct SpecialTensorTests {
  typealias Tensor = SafetensorsFile.Tensor

  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Converts a file of these tensors.
  private func convert(
    _ tensors: [(String, Tensor)], _ options: [String] = [], to name: String = "out"
  ) throws -> Tool.Result {
    _ = try directory.write(
      SafetensorsFile.bytes(tensors, metadata: [:]), to: "model.safetensors")
    return try Tool.run(
      ["model.safetensors", "-o", name, "--overwrite", "--json", "--sync", "none"] + options,
      in: directory.url)
  }

  private func tensor(_ name: String, in result: Tool.Result) throws -> [String: Any] {
    let tensors = try #require(result.json["tensors"] as? [[String: Any]])
    return try #require(tensors.first { $0["name"] as? String == name })
  }

  @Test(arguments: [
    ([], [4, 8, 1]), (["--scheme", "asymmetric"], [4, 8, 1]),
    (["--dtype", "int4", "--block-size", "32"], [4, 8, 2]),
    (["--granularity", "per_tensor"], [4, 1, 1]),
    (["--preset", "mxfp4"], [4, 8, 2]),
  ])
  func `each expert is quantized as the matrix that it is`(
    _ options: [String], _ grid: [Int]
  ) throws {
    let name = "model.layers.0.mlp.experts.gate_up_proj"
    let all = Tensor.halves(shape: [4, 8, 64], seed: 1)
    let stride = all.bytes.count / 4
    let slices = (0..<4).map { expert in
      let bytes = Array(all.bytes[expert * stride..<(expert + 1) * stride])
      return ("slice.\(expert).weight", Tensor(dtype: "BF16", shape: [8, 64], bytes: bytes))
    }
    let whole = try convert([(name, all)], options, to: "whole")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try (tensor(name, in: whole)["rule"] as? String)?.hasPrefix("experts, ") == true)
    let apart = try convert(slices, options, to: "apart")
    #expect(apart.status == 0, "\(apart.errors)")
    let stored = try SafetensorsFile(directory.path("whole")).tensors
    let expected = try SafetensorsFile(directory.path("apart")).tensors
    #expect(stored[name + "_scale"]?.shape == grid)
    #expect(stored[name]?.shape == [4, 8, 64])
    for (key, tensor) in stored {
      let ending = key.dropFirst(name.count)
      let parts = (0..<4).compactMap { expected["slice.\($0).weight\(ending)"] }
      #expect(tensor.bytes == parts.flatMap(\.bytes), "\(key)")
      #expect(tensor.dtype == parts.first?.dtype)
    }
  }

  @Test(arguments: [[], ["--include", "*"], ["--include", "a.weight*"]])
  func `a weight quantized elsewhere is copied with its parameters`(_ options: [String]) throws {
    let tensors: [(String, Tensor)] = [
      ("a.weight", Tensor(dtype: "F8_E4M3", shape: [4, 8], bytes: Array(0..<32))),
      ("a.weight_scale", Tensor(shape: [1, 1], floats: [0.5])),
      ("b.weight", .halves(shape: [4, 8], seed: 1)),
    ]
    let result = try convert(tensors, options)
    #expect(result.status == 0, "\(result.errors)")
    let stored = try SafetensorsFile(directory.path("out")).tensors
    #expect(stored["a.weight"] == tensors[0].1)
    #expect(stored["a.weight_scale"] == tensors[1].1)
    #expect(stored["a.weight_scale_scale"] == nil)
    #expect(stored["b.weight"]?.dtype == "I8")
    #expect(
      try tensor("a.weight", in: result)["reason"] as? String
        == "already quantized: F8_E4M3 with the scale a.weight_scale")
    #expect(
      try tensor("a.weight_scale", in: result)["reason"] as? String
        == "belongs to a.weight, already quantized")
  }

  @Test func `scales in another shard tell a quantized weight, too`() throws {
    let weight = Tensor(dtype: "F8_E4M3", shape: [4, 8], bytes: Array(0..<32))
    let scale = Tensor(shape: [4, 1], floats: [1, 2, 3, 4])
    try ShardedModel(
      shards: [
        [("a.weight", weight), ("b.weight", .halves(shape: [4, 8], seed: 1))],
        [("a.weight_scale", scale)],
      ]
    ).write(to: directory.path("model"))
    let result = try Tool.run(
      "model", "-o", "out", "-q", "--include", "a.weight*", "--sync", "none", in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    let stored = try StoredShards(directory.path("out")).tensors
    #expect(stored["a.weight"] == weight)
    #expect(stored["a.weight_scale"] == scale)
  }

  @Test func `a method of quantization in config.json is warned of`() throws {
    var model = ShardedModel.small(seed: 1)
    model.companions = ["config.json": #"{"quantization_config": {"quant_method": "fp8"}}"#]
    try model.write(to: directory.path("model"))
    let result = try Tool.run("model", "-o", "out", "-q", "--sync", "none", in: directory.url)
    #expect(result.status == 0)
    #expect(
      result.errors == """
        qconvert: warning: model: config.json says that the weights are quantized (fp8), and is \
        copied as it is

        """)
  }

  @Test func `weights that are held twice are reported`() throws {
    let shared = Tensor.halves(shape: [16, 32], seed: 1)
    var other = shared
    other.bytes[other.bytes.count - 1] ^= 1
    try ShardedModel(
      shards: [
        [("model.embed_tokens.weight", shared), ("x.weight", other)],
        [("lm_head.weight", shared), ("norm.weight", .halves(shape: [16], seed: 2))],
      ]
    ).write(to: directory.path("model"))
    let result = try Tool.run("model", "-o", "out", "-q", "--sync", "none", in: directory.url)
    #expect(result.status == 0)
    #expect(
      result.errors == """
        qconvert: warning: model: model.embed_tokens.weight and lm_head.weight hold the same \
        bytes: each is stored by itself

        """)
    let stored = try StoredShards(directory.path("out")).tensors
    #expect(stored["lm_head.weight"] == stored["model.embed_tokens.weight"])
    #expect(stored["lm_head.weight"]?.dtype == "I8")
  }

  @Test(arguments: [([], "quantized"), (["--exclude", "*embed*"], "copied")])
  func `an embedding that is the output head, too, is reported`(
    _ options: [String], _ action: String
  ) throws {
    var model = ShardedModel(
      shards: [[("model.embed_tokens.weight", .halves(shape: [16, 32], seed: 1))]])
    model.companions = ["config.json": #"{"tie_word_embeddings": true}"#]
    try model.write(to: directory.path("model"))
    let result = try Tool.run(
      ["model", "-o", "out", "--json", "--sync", "none"] + options, in: directory.url)
    #expect(result.status == 0)
    let warnings = try #require(result.json["warnings"] as? [String])
    #expect(
      warnings.first { $0.contains("ties") }
        == "config.json ties the word embeddings: model.embed_tokens.weight, \(action), is also "
        + "the output head")
    model.companions = ["config.json": #"{"tie_word_embeddings": false}"#]
    try model.write(to: directory.path("model"))
    let untied = try Tool.run(
      ["model", "-o", "untied", "--json", "--sync", "none"] + options, in: directory.url)
    #expect(!untied.errors.contains("ties"))
  }
}
