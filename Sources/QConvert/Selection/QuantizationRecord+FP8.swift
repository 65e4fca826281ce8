extension QuantizationRecord {
  /// A model with float8 weights in blocks, known by the names of their scales; nil where there are none.
  init?(
    fp8 settings: JSONValue?, of tensors: [TensorDescriptor], in model: FloatPrecision?
  ) throws(RecordError) {
    // Most models have none, and are not to pay for that.
    let codes = tensors.filter { $0.dtype == .float8E4M3 }
    guard !codes.isEmpty else { return nil }
    let known = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [Tensor] = []
    for weight in codes {
      let scaleName = TensorName(weight.name.string + FP8BlocksLayout.ending)
      guard let scale = known[scaleName] else { continue }
      let block = settings?["weight_block_size"]?.shape ?? FP8BlocksLayout.blockShape
      guard block.count == 2, weight.shape.count == 2, FloatPrecision(scale.dtype) != nil,
        let spec = try? QuantizationSpec(
          dtype: .float8E4M3, granularity: .perBlocks(block), qparamsCalculator: "static")
      else { throw .mismatchedEntry(weight.name) }
      found.append(
        Tensor(
          name: weight.name, precision: model ?? .bfloat16, shape: weight.shape, spec: spec,
          entries: FP8BlocksLayout.entries(
            weight.name, weight.shape, scale: scale.dtype,
            zip(weight.shape, block).map { ($0 + $1 - 1) / $1 })))
    }
    guard !found.isEmpty else { return nil }
    self.init(layout: FP8BlocksLayout.name, isPacked: false, tensors: found, isRecorded: false)
  }
}
