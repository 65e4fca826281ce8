/// A tensor of a model and what became of it, for texts of a layout that tell of all tensors.
struct LayoutOutcome: Sendable {
  /// Its name in the float model.
  let name: TensorName
  /// How it is quantized; nil where it is not.
  let spec: QuantizationSpec?
}
