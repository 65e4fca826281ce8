/// The kinds of HDF5 files that Keras writes.
enum KerasFile: Hashable, Sendable {
  /// A whole model of Keras 2, or of Keras 3 in the same form.
  ///
  ///     /                           model_config, keras_version, backend
  ///     model_weights               layer_names
  ///     model_weights/dense         weight_names
  ///     model_weights/dense/dense/kernel:0
  case model
  /// The weights of such a model: what is in `model_weights`, at the root.
  case weights
  /// The variables of a model of Keras 3, `.weights.h5`.
  ///
  ///     layers/dense_1/vars         name: the layer's own name
  ///     layers/dense_1/vars/0
  case variables
}

extension KerasFile {
  /// Recognises a file by its groups and attributes; nil for one that is not from Keras.
  ///
  /// - Throws: ``KerasError`` for a whole model without a list of its layers.
  init?(_ index: HDF5Index) throws(KerasError) {
    let root = index.groups.first { $0.path == "" }
    let weights = index.groups.first { $0.path == "model_weights" }
    if root?.lists("layer_names") == true {
      self = .weights
    } else if let weights, weights.lists("layer_names") {
      self = .model
    } else if let weights, root?.attribute("model_config") != nil {
      throw .namesMissing(weights.path, attribute: "layer_names")
    } else if index.datasets.contains(where: { KerasVariable($0.path)?.index != nil }) {
      self = .variables
    } else {
      return nil
    }
  }
}

/// The path of a variable of Keras 3, in parts: `layers/dense/vars/0`.
struct KerasVariable {
  /// The path of the layer: `layers/dense`.
  let layer: TensorName
  /// The last part: `0`; layers that save themselves may use names.
  let key: String

  /// Takes a path apart; nil where it is not of this form.
  init?(_ path: TensorName) {
    var components = path.components
    guard let key = components.popLast(), components.popLast() == "vars" else { return nil }
    layer = TensorName(components.joined(separator: "/"))
    self.key = String(key)
  }

  /// The place of the variable among those of its layer; nil where it has a name instead.
  var index: Int? {
    key.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(key) : nil
  }
}

extension TensorName {
  /// The parts of an HDF5 path.
  var components: [Substring] { string.split(separator: "/") }

  /// The path of an object in the group with this path.
  func appending(_ name: some StringProtocol) -> TensorName {
    TensorName(string.isEmpty ? String(name) : "\(string)/\(name)")
  }

  /// The paths of all groups on the way to the object, but for the root.
  var ancestors: [TensorName] {
    let components = components
    return components.indices.dropFirst().map {
      TensorName(components[..<$0].joined(separator: "/"))
    }
  }

  /// The path of the group that holds the object; the root holds itself.
  var parent: TensorName { TensorName(components.dropLast().joined(separator: "/")) }
}
