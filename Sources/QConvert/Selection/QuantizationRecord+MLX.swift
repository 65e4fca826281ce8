extension QuantizationRecord {
  /// A model that mlx-lm has quantized: every module with `scales`, as `config.json` says of it or of all.
  init(mlx settings: JSONValue, of tensors: [TensorDescriptor]) throws(RecordError) {
    let known = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [Tensor] = []
    for weight in tensors where weight.name.parameter == "weight" {
      let module = weight.name.module
      let prefix = module.isEmpty ? "" : "\(module)."
      guard let scales = known[TensorName(prefix + "scales")] else { continue }
      let own = settings[module].flatMap { $0["bits"] == nil ? nil : $0 } ?? settings
      guard own["mode"].map({ $0.string == "affine" }) ?? true else {
        throw .unsupportedMode(weight.name, own["mode"]?.string ?? "")
      }
      guard let bits = own["bits"]?.integer, let size = own["group_size"]?.integer,
        let precision = FloatPrecision(scales.dtype), let words = weight.shape.last,
        let spec = MLXLayout.affine(bits: bits, groupSize: size, axis: weight.shape.count - 1)
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
    self.init(layout: MLXLayout().name, isPacked: false, tensors: found)
  }
}
