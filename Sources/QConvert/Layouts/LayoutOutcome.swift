/// A model and what became of it, for texts of a layout that tell of all tensors.
struct LayoutModel: Sendable {
  /// The tensors of the float model in its order.
  let tensors: [LayoutOutcome]
  /// Its `config.json`, if there is one that can be read.
  let configuration: JSONValue?
}

/// A tensor of a model and what became of it.
struct LayoutOutcome: Sendable {
  /// Its name in the float model.
  let name: TensorName
  /// Its type in the float model.
  let dtype: DType
  /// Its shape in the float model.
  let shape: [Int]
  /// How it is quantized, the axes filled in; nil where it is not.
  let spec: QuantizationSpec?
}

extension LayoutOutcome {
  /// Whether it is the weight of a linear layer, head and router included.
  var isLinear: Bool {
    switch MatrixRole(name, shape) {
    case .linear, .outputHead, .router: true
    case .embedding, nil: false
    }
  }
}

extension LayoutModel {
  /// How the quantized tensors are quantized, in their order.
  var specs: [QuantizationSpec] { tensors.compactMap(\.spec) }
}

extension Sequence where Element: Hashable {
  /// The element that there is most of; of several, the first.
  var mostFrequent: Element? {
    let counts = reduce(into: [Element: Int]()) { $0[$1, default: 0] += 1 }
    let most = counts.values.max()
    return first { counts[$0] == most }
  }
}
