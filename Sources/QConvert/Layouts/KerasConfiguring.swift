/// A layout that Keras itself loads, so that it can be in a `.keras` archive with a configuration that
/// knows of it.
protocol KerasConfiguring: OutputLayout {
  /// The layout of files within archives.
  var forArchives: any OutputLayout { get }

  /// The configuration of the quantized model.
  ///
  /// - Parameters:
  ///   - text: The `config.json` of the float model.
  ///   - quantized: The tensors that are quantized, by their names, which are the paths of datasets.
  /// - Returns: The text, with nothing changed but what has to.
  /// - Throws: ``LayoutError`` for what Keras cannot load in this form.
  func kerasConfig(
    _ text: [UInt8], quantized: [TensorName: QuantizationSpec]
  ) throws(LayoutError) -> [UInt8]
}
