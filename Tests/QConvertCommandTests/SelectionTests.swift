import Fixtures
import Foundation
import SystemPackage
import Testing

/// Which tensor is quantized by which rule, as the options and a configuration say.
@Suite struct SelectionTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let tensors: [(String, SafetensorsFile.Tensor)] = [
      ("embed.weight", .halves(shape: [32, 64], seed: 1)),
      ("layers.0.attn.q.weight", .halves(shape: [64, 64], seed: 2)),
      ("layers.0.attn.q.bias", .halves(shape: [64], seed: 3)),
      ("layers.0.mlp.up.weight", .halves(shape: [64, 64], seed: 4)),
      ("layers.0.norm.weight", .halves(shape: [64], seed: 5)),
      ("head.weight", .halves(shape: [32, 64], seed: 6)),
    ]
    _ = try directory.write(
      SafetensorsFile.bytes(tensors, metadata: [:]), to: "model.safetensors")
    _ = try directory.write(
      Array(
        """
        quantization_config:
          global_config:
            op_state_spec:
              weight: {dtype: int8, qscheme: symmetric, granularity: {type: per_channel, axis: 0}}
          module_name_configs:
            head: null
            ".*attn.*":
              op_state_spec:
                weight: {dtype: int4, qscheme: asymmetric, granularity: {type: per_block, block_size: 32}}
        """.utf8), to: "config.yaml")
    _ = try directory.write(
      Array(
        """
        quantization_config:
          module_type_configs:
            torch.nn.modules.sparse.Embedding: null
            torch.nn.modules.linear.Linear:
              op_state_spec: {weight: {dtype: int4}}
        """.utf8), to: "types.yaml")
    _ = try directory.write(
      Array(
        """
        {"embed": "torch.nn.modules.sparse.Embedding",
         "layers.0.attn.q": "torch.nn.modules.linear.Linear"}
        """.utf8), to: "types.json")
  }

  private func run(_ arguments: String...) throws -> Tool.Result {
    try Tool.run(["model.safetensors", "-o", "out"] + arguments, in: directory.url)
  }

  /// What became of the tensors, by name: the dtype, or the reason against one, and the rule.
  private func decisions(_ arguments: String...) throws -> [String: [String]] {
    let result = try Tool.run(
      ["model.safetensors", "-o", "out", "--json", "--dry-run"] + arguments, in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    var decisions: [String: [String]] = [:]
    for tensor in try #require(result.json["tensors"] as? [[String: Any]]) {
      let spec = tensor["spec"] as? [String: Any]
      decisions[try #require(tensor["name"] as? String)] = [
        spec?["dtype"] as? String ?? tensor["reason"] as? String ?? "",
        tensor["rule"] as? String ?? "",
      ]
    }
    return decisions
  }

  @Test func `a configuration decides by the names of modules`() throws {
    let decisions = try decisions("--config", "config.yaml")
    let attention = #"module_name_configs ".*attn.*""#
    #expect(
      decisions == [
        "embed.weight": ["int8", "global_config"],
        "layers.0.attn.q.weight": ["int4", attention],
        "layers.0.attn.q.bias": ["no setting for bias", attention],
        "layers.0.mlp.up.weight": ["int8", "global_config"],
        "layers.0.norm.weight": ["1 axis only", "-"],
        "head.weight": ["switched off", #"module_name_configs "head""#],
      ])
    // Every tensor is what that spec alone makes of it.
    #expect(try run("--config", "config.yaml", "-q").status == 0)
    #expect(
      try Tool.run(
        "model.safetensors", "-o", "int4", "--dtype", "int4", "--scheme", "asymmetric",
        "--block-size", "32", "-q", in: directory.url
      ).status == 0)
    #expect(
      try Tool.run("model.safetensors", "-o", "int8", "-q", in: directory.url).status == 0)
    let mixed = try SafetensorsFile(directory.path("out")).tensors
    let int4 = try SafetensorsFile(directory.path("int4")).tensors
    let int8 = try SafetensorsFile(directory.path("int8")).tensors
    let input = try SafetensorsFile(directory.path("model.safetensors")).tensors
    #expect(mixed["head.weight"] == input["head.weight"])
    for ending in ["", "_scale", "_zero_point", "_minval"] {
      let attention = "layers.0.attn.q.weight\(ending)"
      #expect(mixed[attention] == int4[attention])
      #expect(mixed["embed.weight\(ending)"] == int8["embed.weight\(ending)"])
      #expect(mixed["head.weight_scale"] == nil)
    }
    #expect(
      try Tool.run(
        "verify", "out", "--against", "model.safetensors", in: directory.url
      ).status == 0)
  }

  @Test func `the types of modules decide where they are known`() throws {
    let decisions = try decisions(
      "--config", "types.yaml", "--module-types", "types.json", "--dtype", "int2")
    #expect(
      decisions["embed.weight"] == [
        "switched off", #"module_type_configs "torch.nn.modules.sparse.Embedding""#,
      ])
    #expect(
      decisions["layers.0.attn.q.weight"] == [
        "int4", #"module_type_configs "torch.nn.modules.linear.Linear""#,
      ])
    #expect(decisions["layers.0.mlp.up.weight"] == ["int2", "the default spec"])
  }

  @Test func `without types a rule for them matches nothing`() throws {
    let refused = try run("--config", "types.yaml")
    #expect(refused.status == 64)
    #expect(
      refused.errors
        == """
        qconvert: model.safetensors: module_type_configs "torch.nn.modules.sparse.Embedding" \
        matches nothing in this checkpoint; --allow-unmatched makes that a warning

        """)
    #expect(!directory.path("out").exists)
    let allowed = try run("--config", "types.yaml", "--allow-unmatched", "-q")
    #expect(allowed.status == 0)
    #expect(allowed.errors.split(separator: "\n").count == 2)
    #expect(allowed.errors.hasPrefix("qconvert: warning: model.safetensors: module_type_configs "))
  }

  @Test func `patterns are stronger than a configuration, and exclusion than inclusion`() throws {
    let decisions = try decisions(
      "--config", "config.yaml", "--include", "*.bias", "--include", "*.norm.*",
      "--exclude", "*.up.weight", "--include", "embed.*", "--exclude", "embed.*")
    #expect(decisions["layers.0.norm.weight"] == ["int8", "--include *.norm.*"])
    // A vector has no blocks along axis 1.
    #expect(decisions["layers.0.attn.q.bias"]?[0].hasPrefix("axis 1 ") == true)
    #expect(decisions["layers.0.attn.q.bias"]?[1] == "--include *.bias")
    #expect(
      decisions["layers.0.mlp.up.weight"] == ["excluded by *.up.weight", "--exclude *.up.weight"])
    #expect(decisions["embed.weight"] == ["excluded by embed.*", "--exclude embed.*"])
    #expect(decisions["head.weight"]?[0] == "switched off")
  }

  @Test(arguments: [
    ("w8", "int8"), ("w4", "int4"), ("w4_per_block", "int4"), ("fp8", "float8_e4m3fn"),
    ("mxfp4", "float4_e2m1fn"), ("mxfp8", "float8_e4m3fn"),
  ])
  func `a preset is a configuration for all weights`(_ preset: String, _ dtype: String) throws {
    let decisions = try decisions("--preset", preset)
    #expect(decisions["embed.weight"] == [dtype, "preset \(preset)"])
    #expect(decisions.values.count { $0[0] == dtype } == 4)
  }

  @Test func `an explanation has a line for every tensor with its rule`() throws {
    let result = try run("--config", "config.yaml", "--explain", "--dry-run", "--quiet")
    #expect(result.status == 0)
    for line in [
      /embed\.weight +BF16 +\[32, 64\] +quantized +int8 .*by global_config\n/,
      /layers\.0\.attn\.q\.bias +BF16 +\[64\] +copied +no setting for bias +by module.*\n/,
      /layers\.0\.attn\.q\.weight .* quantized +int4 .*by module_name_configs "\.\*attn\.\*"\n/,
      /head\.weight .* copied +switched off +by module_name_configs "head"\n/,
    ] {
      #expect(result.output.contains(line), "\(result.output)")
    }
  }

  @Test func `coverage is the share of the tensor bytes that are quantized`() throws {
    // 24576 of 24832 bytes are matrices.
    #expect(try run("--require-coverage", "0.98", "--dry-run").status == 0)
    #expect(try run("--require-coverage", "0.95", "-q").status == 0)
    try directory.path("out").remove()
    let refused = try run("--require-coverage", "0.95", "--exclude", "head.*")
    #expect(refused.status == 65)
    #expect(
      refused.errors
        == """
        qconvert: model.safetensors: 0.8247 of the tensor bytes would be quantized, 0.95 is \
        required; the largest tensor that is not is head.weight

        """)
    #expect(!directory.path("out").exists)
  }

  @Test(arguments: [
    ["--preset", "w8", "--dtype", "int4"], ["--preset", "w8", "--config", "config.yaml"],
    ["--preset", "w8", "--scheme", "asymmetric"], ["--preset", "odd"],
    ["--config", "config.yaml", "--dtype", "int4"], ["--config", "config.yaml", "--axis", "1"],
    ["--config", "broken.yaml"], ["--config", "unknown.yaml"], ["--config", "types.json"],
    ["--config", "types.yaml", "--module-types", "config.yaml"], ["--require-coverage", "1.5"],
    ["--require-coverage", "-0.1"], ["--require-coverage", "most"],
    ["--config", "config.yaml", "--include", "no.such.*"],
  ])
  func `what does not go together is wrong usage`(_ options: [String]) throws {
    _ = try directory.write(Array("quantization_config: [".utf8), to: "broken.yaml")
    _ = try directory.write(
      Array("quantization_config: {global_confg: {}}".utf8), to: "unknown.yaml")
    let before = try directory.contents
    let result = try Tool.run(["model.safetensors", "-o", "out"] + options, in: directory.url)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.isOneLineOfErrors, "\(result.errors)")
    #expect(try directory.contents == before)
  }

  @Test func `an unknown key is named with those that there are`() throws {
    _ = try directory.write(
      Array("quantization_config: {global_confg: {}}".utf8), to: "unknown.yaml")
    let result = try run("--config", "unknown.yaml")
    #expect(result.status == 64)
    #expect(
      result.errors.hasPrefix(
        "qconvert: unknown.yaml: unknown key quantization_config.global_confg; there are: "))
    #expect(result.errors.contains(" module_name_configs "))
  }

  @Test func `a configuration that is missing is an input that is missing`() throws {
    let result = try run("--config", "no.yaml")
    #expect(result.status == 66)
    #expect(result.errors == "qconvert: no.yaml: cannot open: No such file or directory\n")
  }
}
