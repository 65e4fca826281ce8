extension KerasModelReader {
  /// Finds the layers of a file of Keras 3 by their groups `vars`, and their variables.
  mutating func readVariables() {
    var configs: [TensorName: KerasLayerConfig] = [:]
    config?.collectPaths(below: "", into: &configs)
    var ordinals: [TensorName: Int] = [:]
    // In this order a layer stands before those within it, and its class is known to them.
    let paths = index.groups.filter { $0.path.components.last == "vars" }.map(\.path.parent)
      .sorted()
    for path in paths where path != "" && !KerasWeight.isOptimizerState(path) {
      let name = name(ofLayerAt: path)
      ordinals[path] = layers.count
      layers.append(
        KerasLayer(
          path: path, name: name,
          layerClass: configs[Self.modern(path)].map { KerasClass($0) }
            ?? layerClass(at: path, named: name, within: ordinals[path.parent])))
    }
    readDatasets(ordinals, configured: Set(configs.keys))
  }

  private mutating func readDatasets(
    _ ordinals: [TensorName: Int], configured: Set<TensorName>
  ) {
    let owners = Set(ordinals.keys.flatMap(\.ancestors))
    let variables = index.datasets
      .compactMap { dataset in KerasVariable(dataset.path).map { (dataset, $0) } }
      .sorted { ($0.1.index ?? .max, $0.0.path) < ($1.1.index ?? .max, $1.0.path) }
    let numbers = Dictionary(grouping: variables, by: \.1.layer)
      .mapValues { variables in variables.compactMap(\.1.index) }
    for (dataset, variable) in variables {
      guard let ordinal = ordinals[variable.layer] else { continue }
      let layerClass = layers[ordinal].layerClass
      let parent = ordinals[variable.layer.parent].flatMap { layers[$0].layerClass }
      layers[ordinal].variables.append(dataset.path)
      weights[dataset.path] = KerasWeight(
        of: dataset, role: role(of: variable, in: layerClass?.kind), layer: variable.layer,
        layerClass)
      guard let number = variable.index else { continue }
      weights[dataset.path]?.parameter = KerasParameter(
        className: layerClass?.name, equation: layerClass?.kind?.equation, number: number,
        numbers: numbers[variable.layer] ?? [],
        isConfigured: configured.contains(Self.modern(variable.layer)),
        hasInnerLayers: owners.contains(variable.layer),
        isInAttention: parent?.isAttention ?? false)
    }
  }

  private func role(of variable: KerasVariable, in kind: KerasLayerKind?) -> KerasRole {
    guard let place = variable.index else { return KerasRole(name: variable.key, in: kind) }
    // Beside a kernel that is quantized, scales have the places of other variables.
    if place > 0, let kernel = dataset(variable.layer.appending("vars/0")), !kernel.holdsFloats {
      return .other
    }
    return KerasRole(index: place, in: kind)
  }

  /// The class of a layer that no configuration tells of.
  ///
  /// In a list of layers (a group that is no layer itself) the path is made of class names. A layer in a
  /// property of another is what its parent's class says, or has a name that Keras gave it.
  private func layerClass(
    at path: TensorName, named name: TensorName?, within parent: Int?
  ) -> KerasClass? {
    let last = path.components.last ?? ""
    let byName = name.flatMap { KerasClass(named: $0.string, source: .name) }
    let isInList = parent == nil && path.parent != ""
    if isInList { return KerasClass(named: last, source: .path) ?? byName }
    return parent.flatMap { layers[$0].layerClass?.part(last) } ?? byName
      ?? KerasClass(named: last, source: .name)
  }

  /// A layer's own name, beside its variables.
  private func name(ofLayerAt path: TensorName) -> TensorName? {
    guard let text = group(path.appending("vars"))?.attribute("name")?.texts?.first else {
      return nil
    }
    return String(validating: text, as: UTF8.self).map { TensorName($0) }
  }

  /// The path that later versions give a layer.
  static func modern(_ path: TensorName) -> TensorName {
    TensorName(
      path.components.map { $0 == "_layer_checkpoint_dependencies" ? "layers" : $0 }
        .joined(separator: "/"))
  }
}
