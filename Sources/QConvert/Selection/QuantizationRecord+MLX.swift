extension QuantizationRecord {
  /// A model that mlx-lm has quantized: every module with `scales`, as `config.json` says of it or of all.
  /// The scales of affine tell the precision of the original; others leave that to the model.
  init(
    mlx settings: JSONValue, of tensors: [TensorDescriptor], in model: FloatPrecision?
  ) throws(RecordError) {
    let known = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [Tensor] = []
    for weight in tensors where weight.name.parameter == "weight" {
      let module = weight.name.module
      let prefix = module.isEmpty ? "" : "\(module)."
      guard let scales = known[TensorName(prefix + "scales")] else { continue }
      let own = settings[module].flatMap { $0["bits"] == nil ? nil : $0 } ?? settings
      let word = own["mode"] ?? .string(MLXMode.affine.rawValue)
      guard let mode = word.string.flatMap(MLXMode.init(rawValue:)) else {
        throw .unsupportedMode(weight.name, word.string ?? "\(word)")
      }
      guard let bits = own["bits"]?.integer, let size = own["group_size"]?.integer,
        let precision = mode == .affine ? FloatPrecision(scales.dtype) : model,
        let words = weight.shape.last,
        let spec = mode.spec(bits: bits, groupSize: size, axis: weight.shape.count - 1)
      else { throw .mismatchedEntry(weight.name) }
      let (bitCount, overflow) = words.multipliedReportingOverflow(by: 32)
      guard weight.dtype == .uint32, !overflow, words > 0, bitCount.isMultiple(of: bits * size)
      else { throw .mismatchedEntry(weight.name) }
      found.append(
        Tensor(
          name: weight.name, precision: precision,
          shape: weight.shape.dropLast() + [bitCount / bits],
          spec: spec))
    }
    self.init(layout: MLXLayout().name, isPacked: false, tensors: found, isRecorded: false)
  }
}
