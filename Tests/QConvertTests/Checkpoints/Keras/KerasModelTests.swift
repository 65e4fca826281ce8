import Testing

@testable import QConvert

/// Files that Keras 2 and 3 wrote, against what Keras itself says of its layers.
@Suite struct KerasModelTests {
  private static let weightNames = [
    "kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel", "embeddings",
  ]
  /// Names of variables that a class of one's own has.
  private static let ownNames = ["table"]

  @Test(arguments: KerasFixture.names)
  func `every variable is known and has its axes`(_ name: String) throws {
    let fixture = try KerasFixture(name)
    let model = try #require(try fixture.model())
    #expect(model.warnings == [])
    let hasConfig = name.contains("model") || fixture.config != nil
    var weightCount = 0
    for dataset in fixture.datasets {
      let weight = try #require(model.weights[TensorName(dataset.path)])
      guard let variable = dataset.variable, let className = dataset.class else {
        #expect(!weight.isWeight, "\(dataset.path)")
        continue
      }
      let isOwn = Self.ownNames.contains(variable)
      let isWeight = Self.weightNames.contains(variable) || isOwn
      #expect(weight.isWeight == isWeight, "\(dataset.path)")
      if hasConfig, !isOwn {
        #expect(weight.className.map(Self.base) == Self.base(className), "\(dataset.path)")
      }
      guard isWeight, !isOwn else { continue }
      let axes = try #require(weight.axes)
      #expect(hasConfig ? !axes.isAssumed : true, "\(dataset.path)")
      weightCount += 1
      if axes.isAssumed { continue }
      #expect(dataset.shape[axes.channel] == dataset.features, "\(dataset.path)")
      #expect(dataset.shape[axes.block] == dataset.inputs, "\(dataset.path)")
    }
    #expect(weightCount > 1)
    if hasConfig { #expect(model.assumption == nil) }
  }

  @Test(arguments: KerasFixture.names.filter { $0.contains("variables") })
  func `paths of Keras 3 tell the classes without a configuration`(_ name: String) throws {
    let fixture = try KerasFixture(name)
    let model = try #require(try fixture.model(withConfig: false))
    for dataset in fixture.datasets {
      let weight = try #require(model.weights[TensorName(dataset.path)])
      guard let className = dataset.class, let variable = dataset.variable else { continue }
      // The names of layers, which tell of the others, are not in files of Keras 2.
      if let known = weight.className {
        #expect(Self.base(known) == Self.base(className), "\(dataset.path)")
      } else {
        #expect(
          className == "Block" || dataset.path.contains("layer/cell")
            || dataset.path.contains("/layer/vars"), "\(dataset.path)")
      }
      if Self.weightNames.contains(variable) {
        let axes = try #require(weight.axes)
        if !axes.isAssumed {
          #expect(dataset.shape[axes.channel] == dataset.features, "\(dataset.path)")
          #expect(dataset.shape[axes.block] == dataset.inputs, "\(dataset.path)")
        }
      }
    }
  }

  @Test func `layers have their own names and classes`() throws {
    let model = try #require(
      try KerasFixture("sequential-variables-keras3.json").model(withConfig: false))
    let layer = try #require(model.layers.first { $0.path == "layers/conv2d_transpose" })
    #expect(layer.name == "up")
    #expect(layer.layerClass?.name == "Conv2DTranspose")
    #expect(layer.layerClass?.source == .path)
    #expect(
      layer.variables == ["layers/conv2d_transpose/vars/0", "layers/conv2d_transpose/vars/1"])

    let old = try #require(try KerasFixture("sequential-model-keras2.json").model())
    let names = old.layers.map(\.name?.string)
    #expect(names.prefix(3) == ["first", "batch_normalization", "up"])
    #expect(old.layers[2].layerClass?.source == .configuration)
    #expect(
      old.layers[2].variables.map(\.string) == [
        "model_weights/up/up/kernel:0", "model_weights/up/up/bias:0",
      ])
  }

  @Test func `properties with layers have the class that the layer's name tells`() throws {
    let model = try #require(try KerasFixture("own-variables-keras3.json").model())
    let above = try #require(model.layers.first { $0.path == "above" })
    #expect(above.layerClass?.name == "Conv2DTranspose")
    #expect(above.layerClass?.source == .name)
    let block = try #require(model.layers.first { $0.path == "blocks/block_1" })
    #expect(block.layerClass == nil)
    #expect(
      model.assumption == "2 weights are in layers of unknown classes: taken as (…, in, out), "
        + "with channels along the last axis")
  }

  /// A recurrent layer and its cell are one here.
  private static func base(_ className: String) -> String {
    if className.hasPrefix("ConvLSTM") { return "ConvLSTM" }
    return className.hasSuffix("Cell") ? String(className.dropLast(4)) : className
  }
}
