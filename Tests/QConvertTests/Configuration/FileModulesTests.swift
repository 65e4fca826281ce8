import Testing

@testable import QConvert

/// Rules of a configuration about the layers of Keras.
@Suite struct FileModulesTests {
  private func specs(_ yaml: String) throws -> [String: String] {
    var options = ConversionOptions(
      configuration: try QuantizerConfig(
        yaml: "quantization_config:\n  global_config: null\n" + yaml))
    options.allowsUnmatched = true
    let conversion = try Conversion(of: ArchiveFixture.path("stored.keras"), options)
    return Dictionary(
      uniqueKeysWithValues: conversion.plan.tensors.compactMap { tensor in
        tensor.decision.spec.map { (tensor.name.string, $0.dtype.rawValue) }
      })
  }

  private static let weight =
    ": {op_state_spec: {weight: {dtype: int4, granularity: {type: per_channel}}}}\n"

  @Test(arguments: [
    ("name", "layers.dense", ["layers/dense/vars/0"]),
    ("name", "layers.dense_1", ["layers/dense_1/vars/0"]),
    ("name", #"layers\..*"#, ["layers/dense/vars/0", "layers/dense_1/vars/0"]),
    ("name", "hidden", ["layers/dense/vars/0"]),
    ("name", "out", ["layers/dense_1/vars/0"]),
    ("name", "dense", []),
    ("type", "Dense", ["layers/dense/vars/0", "layers/dense_1/vars/0"]),
    ("type", "keras.layers.Dense", ["layers/dense/vars/0", "layers/dense_1/vars/0"]),
    ("type", "torch.nn.modules.linear.Dense", []),
    ("type", "EinsumDense", []),
  ])
  func `a rule names layers by path, name and class`(
    _ kind: String, _ key: String, _ expected: [String]
  ) throws {
    let found = try specs("  module_\(kind)_configs:\n    \(key)\(Self.weight)")
    #expect(found.keys.sorted() == expected)
    #expect(found.values.allSatisfy { $0 == "int4" })
  }

  @Test func `a name goes before a class`() throws {
    let found = try specs(
      "  module_type_configs:\n    Dense\(Self.weight)  module_name_configs:\n    hidden: null\n")
    #expect(found == ["layers/dense_1/vars/0": "int4"])
  }
}
