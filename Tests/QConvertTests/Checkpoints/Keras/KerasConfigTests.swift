import Testing

@testable import QConvert

@Suite struct KerasConfigTests {
  /// A whole model with one layer `up` and this configuration.
  private static func model(config: HDF5Attribute) throws -> KerasModel? {
    try KerasModel(
      index: .sample(
        [
          "": [config], "model_weights": [.texts("layer_names", ["up"])],
          "model_weights/up": [.texts("weight_names", ["up/kernel:0"])], "model_weights/up/up": [],
        ], [.sample("model_weights/up/up/kernel:0", [3, 3, 8, 4])]))
  }

  @Test func `a configuration with code is text`() throws {
    let text = """
      {"class_name": "Sequential", "config": {"layers": [
        {"class_name": "Lambda", "config": {"name": "run", "function": ["4wEAAAAA", null, null]}},
        {"class_name": "Custom>Conv2DTranspose", "config": {"name": "up"}}]}}
      """
    let model = try #require(try Self.model(config: .text("model_config", text)))
    #expect(model.warnings == ["model_config carries code (Lambda); it is text here, never run"])
    #expect(model.weights["model_weights/up/up/kernel:0"]?.axes?.channel == 2)
  }

  @Test(arguments: [
    ("{\u{1}", "model_config cannot be read (unexpected byte 0x1 at byte 1)"),
    ("[]", "model_config is no model of Keras"),
  ])
  func `a configuration that is none leaves classes unknown`(
    _ text: String, _ warning: String
  ) throws {
    let model = try #require(try Self.model(config: .text("model_config", text)))
    #expect(model.warnings == ["\(warning); the classes of layers are not known"])
    let weight = try #require(model.weights["model_weights/up/up/kernel:0"])
    #expect(weight.isWeight)
    #expect(weight.className == nil)
    #expect(weight.axes == KerasAxes(channel: 3, block: 2, isAssumed: true))
  }

  @Test(arguments: [
    HDF5Attribute(
      name: "model_config", type: .string(size: 3, padding: .nullPadded, isUTF8: false), shape: [],
      value: .bytes([0x7b, 0xff, 0xfe])),
    .numbers("model_config", count: 2), .texts("model_config", ["{}", "{}"]),
  ])
  func `any bytes are allowed`(_ config: HDF5Attribute) throws {
    let model = try #require(try Self.model(config: config))
    #expect(model.warnings.count == 1)
    #expect(model.weights["model_weights/up/up/kernel:0"]?.isWeight == true)
  }

  @Test func `the list of a Sequential of old is read`() throws {
    let text =
      #"{"class_name": "Sequential", "config": [{"class_name": "Conv2DTranspose", "config": {"name": "up"}}]}"#
    let model = try #require(try Self.model(config: .text("model_config", text)))
    #expect(model.layers.first?.layerClass?.name == "Conv2DTranspose")
  }

  @Test func `a configuration that was given tells of a file of Keras 3`() throws {
    let text = """
      {"class_name": "Functional", "config": {"layers": [
        {"class_name": "EinsumDense", "config": {"name": "a", "equation": "ab,cb->ac"}},
        {"class_name": "MyDense", "config": {"name": "b"}},
        {"class_name": "EinsumDense", "config": {"name": "c", "equation": "ab,bc->ac"}}]}}
      """
    let index = HDF5Index.sample(
      [
        "": [], "layers": [], "layers/einsum_dense/vars": [], "layers/einsum_dense_1/vars": [],
        "layers/my_dense/vars": [],
      ],
      [
        .sample("layers/einsum_dense/vars/0", [5, 7]),
        .sample("layers/einsum_dense_1/vars/0", [5, 7]),
        .sample("layers/my_dense/vars/0", [5, 7]),
      ])
    let model = try #require(try KerasModel(index: index, config: Array(text.utf8)))
    let axes = model.weights.mapValues(\.axes)
    #expect(axes["layers/einsum_dense/vars/0"] == KerasAxes(channel: 0, block: 1, isAssumed: false))
    #expect(
      axes["layers/einsum_dense_1/vars/0"] == KerasAxes(channel: 1, block: 0, isAssumed: false))
    #expect(axes["layers/my_dense/vars/0"] == KerasAxes(channel: 1, block: 0, isAssumed: true))
    #expect(model.weights["layers/my_dense/vars/0"]?.className == "MyDense")
    #expect(try KerasModel(index: index)?.assumption?.hasPrefix("3 weights are") == true)
  }

  @Test func `layers for two directions within each other do not multiply`() {
    let depth = 60
    let text =
      String(repeating: #"{"class_name": "Bidirectional", "config": {"layer": "#, count: depth)
      + #"{"class_name": "LSTM", "config": {"name": "a"}}"# + String(repeating: "}}", count: depth)
    var paths: [TensorName: KerasLayerConfig] = [:]
    KerasConfig(parsing: Array(text.utf8), name: "config.json").model?
      .collectPaths(below: "", into: &paths)
    #expect(paths["backward_layer"]?.wrapped.first?.property == "forward_layer")
    #expect((depth...depth * depth).contains(paths.count))
  }

  @Test func `files of earlier versions have another name for the list of layers`() throws {
    let path = "_layer_checkpoint_dependencies/conv2d_transpose/vars"
    let index = HDF5Index.sample(
      ["": [], "_layer_checkpoint_dependencies": [], path: []],
      [.sample("\(path)/0", [3, 3, 8, 4])])
    let model = try #require(try KerasModel(index: index))
    #expect(model.layers.first?.layerClass?.source == .path)
    #expect(model.weights[TensorName("\(path)/0")]?.axes?.channel == 2)
  }
}
