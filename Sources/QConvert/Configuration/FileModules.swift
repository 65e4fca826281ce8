/// What a file itself tells of its modules: the layers of a model of Keras with their classes and names.
struct FileModules {
  /// Nothing is told.
  static let none = FileModules([])

  private let classes: [TensorName: String]
  private let names: [TensorName: TensorName]

  init(_ layers: [KerasLayer]) {
    classes = Dictionary(
      layers.compactMap { layer in layer.layerClass.map { (layer.module, $0.name) } },
      uniquingKeysWith: { first, _ in first })
    names = Dictionary(
      layers.compactMap { layer in layer.name.map { (layer.module, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  var isEmpty: Bool { classes.isEmpty && names.isEmpty }

  /// The name that a layer has beside the one that its place gives it; nil where that is none.
  func ownName(of module: TensorName) -> TensorName? {
    names[module].flatMap { $0 == module ? nil : $0 }
  }

  /// Whether a layer is of the class that a key of a configuration names: `Dense`, `keras.layers.Dense`.
  func isClass(_ key: String, of module: TensorName) -> Bool {
    guard let name = classes[module] else { return false }
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    return parts.last.map(String.init) == name && (parts.count == 1 || parts[0] == "keras")
  }
}

extension KerasLayer {
  /// The name of the layer as that of a module: its path with dots.
  fileprivate var module: TensorName {
    var components = path.components
    if components.first == "model_weights" { components.removeFirst() }
    return TensorName(components.joined(separator: "."))
  }
}
