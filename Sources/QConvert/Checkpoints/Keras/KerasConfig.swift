/// What the configuration of a model says of its layers: the text of `model_config` or `config.json`.
///
/// Nothing of it is ever carried out: class names, names and the equations of `EinsumDense` are read.
struct KerasConfig: Sendable {
  /// The model; nil where the text cannot be read.
  let model: KerasLayerConfig?
  /// What is unusual about it and yet allowed.
  let warnings: [String]

  /// Parses the text of a configuration.
  ///
  /// - Parameters:
  ///   - text: The bytes; any are allowed.
  ///   - name: What the text is called in warnings.
  init(parsing text: [UInt8], name: String) {
    do {
      let value = try JSONValue(parsing: text)
      model = KerasLayerConfig(value)
      warnings =
        (model == nil ? ["\(name) is no model of Keras; the classes of layers are not known"] : [])
        + (value.carriesCode ? ["\(name) carries code (Lambda); it is text here, never run"] : [])
    } catch {
      model = nil
      warnings = ["\(name) cannot be read (\(error)); the classes of layers are not known"]
    }
  }
}

/// A layer, or a model, in a configuration.
struct KerasLayerConfig: Hashable, Sendable {
  /// The class, without the package that a class of one's own is registered in.
  let className: String
  /// The layer's own name; empty where there is none.
  let name: TensorName
  /// The equation of an `EinsumDense`.
  let equation: String?
  /// Where it stands in the text.
  let place: [JSONStep]
  /// The layers of a model, or the cells of a stack, in order.
  let layers: [KerasLayerConfig]
  /// The layers that this one wraps, by the names of the properties that hold them; one for both
  /// directions stands once, as the forward one.
  let wrapped: [Wrapped]

  struct Wrapped: Hashable, Sendable {
    let property: String
    let layer: KerasLayerConfig
  }

  /// Reads what is said of a layer; nil where no class is.
  init?(_ value: JSONValue, at place: [JSONStep] = []) {
    guard let className = value["class_name"]?.string else { return nil }
    self.className = className.split(separator: ">").last.map(String.init) ?? className
    let config = value["config"]
    name = TensorName(config?["name"]?.string ?? value["name"]?.string ?? "")
    equation = config?["equation"]?.string
    self.place = place
    func inner(_ name: String) -> KerasLayerConfig? {
      config?[name].flatMap { Self($0, at: place + [.member("config"), .member(name)]) }
    }
    // Until Keras 2.2 the configuration of a Sequential was the list of its layers.
    let list = ["layers", "cells"].first { config?[$0]?.elements != nil }
    let layers = list.flatMap { config?[$0] } ?? config
    let listPlace = place + [.member("config")] + (list.map { [.member($0)] } ?? [])
    self.layers = (layers?.elements ?? []).enumerated().compactMap { index, value in
      Self(value, at: listPlace + [.element(index)])
    }
    if let layer = inner("layer") {
      let isBidirectional = self.className == "Bidirectional"
      let backward = inner("backward_layer")
      wrapped =
        [Wrapped(property: isBidirectional ? "forward_layer" : "layer", layer: layer)]
        + (backward.map { [Wrapped(property: "backward_layer", layer: $0)] } ?? [])
    } else if let cell = inner("cell") {
      wrapped = [Wrapped(property: "cell", layer: cell)]
    } else {
      wrapped = []
    }
  }
}

extension KerasLayerConfig {
  /// The kind of the layer; nil for a class that Keras does not have.
  var kind: KerasLayerKind? {
    if let equation, className == "EinsumDense" { return .einsum(equation) }
    if !layers.isEmpty, className != "StackedRNNCells" { return .container }
    return KerasLayerKind(className: className)
  }

  /// The layer within all wrappers; of one with two directions the backward one if a name says so.
  func unwrapped(for name: some Sequence<Substring>) -> KerasLayerConfig {
    guard let first = wrapped.first?.layer, let last = wrapped.last?.layer else { return self }
    let isBackward = name.contains { $0.hasPrefix("backward") }
    return (isBackward ? last : first).unwrapped(for: name)
  }

  /// Adds the layers within this one by their names. Where layers of several models have the same name, the
  /// first counts.
  func collectNames(into names: inout [TensorName: KerasLayerConfig]) {
    for layer in wrapped.map(\.layer) + layers {
      if layer.name != "", names[layer.name] == nil { names[layer.name] = layer }
      layer.collectNames(into: &names)
    }
  }

  /// Adds the layers within this one by their paths in a file of Keras 3. The counters of the names begin
  /// anew in every list.
  ///
  /// Within a backward layer there is no other: each one inside the next would double the paths.
  func collectPaths(
    below path: TensorName, into paths: inout [TensorName: KerasLayerConfig],
    isBackward: Bool = false
  ) {
    if wrapped.count == 1, let forward = wrapped.first, forward.property == "forward_layer",
      !isBackward
    {
      let inner = path.appending("backward_layer")
      paths[inner] = forward.layer
      forward.layer.collectPaths(below: inner, into: &paths, isBackward: true)
    }
    for wrapped in wrapped {
      let inner = path.appending(wrapped.property)
      paths[inner] = wrapped.layer
      wrapped.layer.collectPaths(below: inner, into: &paths, isBackward: isBackward)
    }
    let list = path.appending(className == "StackedRNNCells" ? "cells" : "layers")
    var counts: [String: Int] = [:]
    for layer in layers {
      let name = KerasLayerKind.snakeCase(layer.className)
      let count = counts[name, default: 0]
      counts[name] = count + 1
      let inner = list.appending(count == 0 ? name : "\(name)_\(count)")
      paths[inner] = layer
      layer.collectPaths(below: inner, into: &paths, isBackward: isBackward)
    }
  }
}

extension JSONValue {
  /// Whether a function is among the values, as Keras stores those of Lambda layers.
  fileprivate var carriesCode: Bool {
    switch self {
    case .array(let elements): elements.contains { $0.carriesCode }
    case .object(let members):
      members.contains {
        $0.name == "class_name" && ["Lambda", "__lambda__"].contains($0.value.string)
          || $0.value.carriesCode
      }
    default: false
    }
  }
}
