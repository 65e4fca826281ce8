/// A model that Keras wrote into an HDF5 file: its layers and what every dataset is to them.
struct KerasModel: Sendable {
  let file: KerasFile
  /// The layers: in their order in a file of Keras 2; in a file of Keras 3 by their paths, with the layers
  /// within others among them.
  let layers: [KerasLayer]
  /// What every dataset of the file is, by its path.
  let weights: [TensorName: KerasWeight]
  /// What is unusual about the model and yet allowed.
  let warnings: [String]

  /// Finds the layers of a file; nil for a file that is not from Keras.
  ///
  /// The configuration is the text of `config.json`, where the file is from a `.keras` archive; a whole
  /// model has one in itself.
  ///
  /// - Throws: ``KerasError`` for a model that is not complete.
  init?(index: HDF5Index, config text: [UInt8]? = nil) throws(KerasError) {
    guard let file = try KerasFile(index) else { return nil }
    self.file = file
    let (config, warnings) = Self.configuration(of: index, text)
    var reader = KerasModelReader(index, config)
    switch file {
    case .model: try reader.readLayers(listedIn: "model_weights")
    case .weights: try reader.readLayers(listedIn: "")
    case .variables: reader.readVariables()
    }
    for dataset in index.datasets where reader.weights[dataset.path] == nil {
      reader.weights[dataset.path] = KerasWeight(of: dataset)
    }
    layers = reader.layers
    weights = reader.weights
    self.warnings = warnings
  }

  /// The configuration that was given, or that the file has in itself.
  private static func configuration(
    of index: HDF5Index, _ text: [UInt8]?
  ) -> (KerasLayerConfig?, warnings: [String]) {
    if let text {
      let config = KerasConfig(parsing: text, name: "config.json")
      return (config.model, config.warnings)
    }
    guard
      let attribute = index.groups.first(where: { $0.path == "" })?.attribute("model_config")
    else { return (nil, []) }
    guard let texts = attribute.texts, let text = texts.first, texts.count == 1 else {
      return (nil, ["model_config is no text; the classes of layers are not known"])
    }
    let config = KerasConfig(parsing: text, name: "model_config")
    return (config.model, config.warnings)
  }
}

extension KerasModel {
  /// What a summary says of axes that nothing tells; nil where there are none.
  var assumption: String? {
    let count = weights.values.count { $0.isWeight && $0.axes?.isAssumed == true }
    guard count > 0 else { return nil }
    return
      "\(count) \(count == 1 ? "weight is" : "weights are") in layers of unknown classes: "
      + "taken as (…, in, out), with channels along the last axis"
  }
}

/// A layer of a model with its class.
public struct KerasLayer: Hashable, Sendable {
  /// The path of its group: `model_weights/dense`, `layers/dense_1`.
  public let path: TensorName
  /// The layer's own name; nil where the file does not tell.
  public let name: TensorName?
  /// The class; nil where it is not known.
  public let layerClass: KerasClass?
  /// The paths of its datasets, in the layer's own order.
  public internal(set) var variables: [TensorName] = []
}
