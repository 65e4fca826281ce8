/// A dataset of a file of Keras: what it is to the model and along which axes it is quantized.
struct KerasWeight: Hashable, Sendable {
  /// The path of the layer that has it; nil where it belongs to none.
  let layer: TensorName?
  /// The class of the layer; nil where it is not known.
  let className: String?
  let role: KerasRole
  /// Whether it is a weight: a kernel or an embedding with two axes or more. Of a layer whose class is
  /// not known so is every float with two axes or more that is not called otherwise.
  let isWeight: Bool
  /// The axes; nil for a scalar. Of variables that are no weights they are assumed.
  let axes: KerasAxes?
  /// What a layout for Keras 3 has to know of it; nil in files of Keras 2, and for what belongs to no layer.
  var parameter: KerasParameter?
}

extension KerasWeight {
  /// A dataset of a file that is not from Keras, or one that no layer lists.
  init(of dataset: HDF5Dataset) {
    let isState = KerasWeight.isOptimizerState(dataset.path)
    self.init(of: dataset, role: isState ? .optimizer : .other, layer: nil)
  }

  /// A dataset in its role.
  init(of dataset: HDF5Dataset, role: KerasRole, layer: TensorName?, _ owner: KerasClass? = nil) {
    self.layer = layer
    className = owner?.name
    self.role = role
    let rank = dataset.shape?.count ?? 0
    let kind = owner?.kind
    isWeight =
      rank >= 2 && dataset.holdsFloats
      && role.isWeight ?? (kind == nil || kind == .container)
    axes = KerasAxes(of: role, in: kind, rank: rank)
  }

  /// Whether a dataset is a variable of the optimizer, by its path.
  static func isOptimizerState(_ path: TensorName) -> Bool {
    path.components.first == "optimizer_weights" || path.components.first == "optimizer"
  }
}

extension HDF5Dataset {
  /// Whether the elements are floating-point numbers; Keras 3 stores bfloat16 as two opaque bytes.
  var holdsFloats: Bool {
    switch type {
    case .float: true
    case .opaque(2, _):
      attributes.first { $0.name == "dtype" }?.text == "bfloat16"
    default: false
    }
  }
}
