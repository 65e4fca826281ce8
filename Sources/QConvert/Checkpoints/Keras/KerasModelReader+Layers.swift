extension KerasModelReader {
  /// Where Keras 2 keeps the variables that a model has beside its layers.
  private static let topLevel = "top_level_model_weights"

  /// Finds the layers that a group of a file of Keras 2 lists, and their weights.
  ///
  /// - Throws: ``KerasError`` where a name is none, or where nothing is under it.
  mutating func readLayers(listedIn path: TensorName) throws(KerasError) {
    guard let group = group(path) else { return }
    var names = try group.names("layer_names")
    if self.group(path.appending(Self.topLevel)) != nil, !names.contains(Self.topLevel) {
      names.append(Self.topLevel)
    }
    let configs = Dictionary(
      (config?.layers ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var listed: Set<TensorName> = []
    for name in names {
      let layerPath = path.appending(name)
      guard listed.insert(layerPath).inserted else { throw .layerTwice(layerPath) }
      guard let layerGroup = self.group(layerPath) else { throw .layerMissing(layerPath) }
      let config = configs[TensorName(name)]
      let layer = KerasLayer(
        path: layerPath, name: TensorName(name),
        layerClass: config.map { KerasClass($0) } ?? KerasClass(named: name, source: .name))
      layers.append(layer)
      try readWeights(of: layerGroup, layer, config)
    }
  }

  /// Finds the weights that a layer lists.
  private mutating func readWeights(
    of group: HDF5Group, _ layer: KerasLayer, _ config: KerasLayerConfig?
  ) throws(KerasError) {
    var inner: [TensorName: KerasLayerConfig] = [:]
    config?.collectNames(into: &inner)
    for name in try group.names("weight_names") {
      guard let dataset = dataset(layer.path.appending(name)) else {
        throw .weightMissing(TensorName(name), layer: layer.path)
      }
      let parts = TensorName(name).components
      let path = parts.dropLast()
      let found =
        path.lazy.reversed().compactMap { inner[TensorName(String($0))] }.first ?? config
      let owner = owner(of: path, in: layer, found?.unwrapped(for: path))
      let role = KerasRole(name: parts.last ?? "", in: owner?.kind)
      layers[layers.count - 1].variables.append(dataset.path)
      weights[dataset.path] = KerasWeight(of: dataset, role: role, layer: layer.path, owner)
    }
  }

  /// The class of the layer that has a weight: of this layer or of one within it.
  ///
  /// The configuration tells; else the last part of the path, if it is a name that Keras gave to a layer
  /// that is no model.
  private func owner(
    of path: ArraySlice<Substring>, in layer: KerasLayer, _ config: KerasLayerConfig?
  ) -> KerasClass? {
    let owner = config.flatMap { $0.layers.isEmpty ? KerasClass($0) : nil }
    let name = path.last ?? layer.name?.components.last
    if let name, let part = (owner ?? layer.layerClass)?.part(name) { return part }
    if let owner, owner.kind != nil { return owner }
    guard let name, let named = KerasClass(named: name, source: .name) else { return owner }
    return named.kind == .container ? owner : named
  }
}
