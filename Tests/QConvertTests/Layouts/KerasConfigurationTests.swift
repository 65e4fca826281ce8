import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// `config.json` of archives, beside what Keras saves.
@Suite struct KerasConfigurationTests {
  private static let folder = Fixtures.keras.appending("quantized")

  /// The kernels that Keras quantizes in the model of the fixtures, without its attention.
  private static let kernels: [TensorName] = [
    "layers/dense_1/vars/0", "layers/einsum_dense/vars/0", "layers/einsum_dense_1/vars/0",
    "layers/einsum_dense_2/vars/0", "layers/embedding/vars/0",
    "layers/sequential/layers/dense/vars/0", "layers/sequential/layers/dense_1/vars/0",
    "layers/time_distributed/layer/vars/0",
  ]

  private func text(_ name: String) throws -> [UInt8] {
    try Self.folder.appending("\(name).json").fileBytes
  }

  /// The value without the numbers of objects, which are addresses.
  private func plain(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.filter { $0.name != "shared_object_id" }
          .map { .init(name: $0.name, value: plain($0.value)) })
    case .array(let elements): .array(elements.map(plain))
    default: value
    }
  }

  @Test(arguments: KerasLayoutTests.Mode.all)
  func `the configuration is the one that Keras saves`(_ mode: KerasLayoutTests.Mode) throws {
    let spec = try mode.spec()
    let result = try KerasLayout(isArchive: true).kerasConfig(
      text("float"), quantized: Dictionary(uniqueKeysWithValues: Self.kernels.map { ($0, spec) }))
    #expect(
      try plain(JSONValue(parsing: result)) == plain(JSONValue(parsing: text(mode.name))))
  }

  @Test func `layers that stay float keep every byte`() throws {
    let own = try text("float")
    let layout = KerasLayout(isArchive: true)
    #expect(try layout.kerasConfig(own, quantized: [:]) == own)
    let one = try layout.kerasConfig(
      own, quantized: ["layers/embedding/vars/0": try KerasLayoutTests.Mode.all[0].spec()])
    let start = zip(own, one).prefix { $0 == $1 }.count
    let end = zip(own.reversed(), one.reversed()).prefix { $0 == $1 }.count
    let changed = String(decoding: one[start..<one.count - end], as: UTF8.self)
    #expect(changed.count < 1200 && changed.contains("Int8QuantizationConfig"))
    #expect(changed.contains(#""input_dim": 11"#) && !changed.contains("Flatten"))
  }

  @Test(arguments: [
    (#""float32""#, "float32"), (#""mixed_bfloat16""#, "mixed_bfloat16"), ("null", "float32"),
    (#"{"class_name": "DTypePolicy", "config": {"name": "float32"}}"#, "float32"),
  ])
  func `the policy has the name of the one before`(_ policy: String, _ source: String) throws {
    let text = """
      {"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{"dtype":\(policy)}}]}}
      """
    let result = try KerasLayout().kerasConfig(
      Array(text.utf8),
      quantized: ["layers/dense/vars/0": try KerasLayoutTests.Mode.all[2].spec()])
    let config = try JSONValue(parsing: result)["config"]?["layers"]?.elements?[0]["config"]
    #expect(config?["dtype"]?["config"]?["source_name"]?.string == source)
    #expect(config?["dtype"]?["config"]?["mode"]?.string == "int4/4")
    #expect(config?["quantization_config"]?["config"]?["block_size"]?.integer == 4)
  }

  @Test(arguments: [
    "{}", "[", #"{"class_name":"Sequential","config":{"layers":[]}}"#,
    #"{"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{"dtype":"mixed_float16"}}]}}"#,
    #"{"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{"dtype":{"class_name":"DTypePolicyMap"}}}]}}"#,
  ])
  func `a layer that cannot be told is an error`(_ text: String) throws {
    let spec = try KerasLayoutTests.Mode.all[0].spec()
    #expect(throws: LayoutError.self) {
      try KerasLayout().kerasConfig(
        Array(text.utf8), quantized: ["layers/dense/vars/0": spec])
    }
  }
}
