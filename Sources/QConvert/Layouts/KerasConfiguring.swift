/// A layout that Keras itself loads, so that it can be in a `.keras` archive with a configuration that
/// knows of it.
protocol KerasConfiguring: OutputLayout {
  /// The configuration of the quantized model.
  ///
  /// - Parameters:
  ///   - config: The configuration of the float model: the object in `config.json`.
  ///   - quantized: The tensors that are quantized, by their names, which are the paths of datasets.
  /// - Returns: The configuration; nil where the layout has none.
  /// - Throws: ``LayoutError`` for what Keras cannot load in this form.
  func kerasConfig(
    _ config: JSONValue, quantized: [TensorName: QuantizationSpec]
  ) throws(LayoutError) -> JSONValue?
}
