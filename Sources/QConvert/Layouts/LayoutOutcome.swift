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
