/// A quantized model, seen as the float model that it stands for.
struct DequantizedModel: Sendable {
  /// The tensors of every shard: each weight where its codes are, nothing for its parameters.
  let shards: [[StoredTensor]]
  /// What it is quantized as.
  let layout: any OutputLayout
  /// How many of the tensors are computed.
  let count: Int

  /// The floats of a quantized checkpoint.
  ///
  /// - Throws: ``CheckpointError`` for entries that are missing or of another shape; ``CalculatorError``.
  init(_ checkpoint: QuantizedCheckpoint, _ calculators: Calculators) throws {
    layout = checkpoint.layout
    var values: [TensorName: StoredTensor] = [:]
    var taken: Set<TensorName> = []
    for (tensor, entries) in zip(checkpoint.record.tensors, checkpoint.entries) {
      guard
        let dequantization = try checkpoint.dequantization(of: tensor, entries, calculators)
      else { continue }
      for entry in entries {
        _ = try checkpoint.stored(entry)
        taken.insert(entry.name)
      }
      let count = tensor.shape.reduce(tensor.precision.byteCount, *)
      values[dequantization.data.descriptor.name] = StoredTensor(
        file: dequantization.data.file,
        descriptor: TensorDescriptor(
          name: tensor.name, dtype: tensor.precision.dtype, shape: tensor.shape, bytes: 0..<count),
        origin: .quantized(dequantization))
    }
    count = values.count
    shards = checkpoint.model.shards.map { shard in
      shard.checkpoint.tensors.compactMap { tensor in
        if let value = values[tensor.name] { return value }
        return taken.contains(tensor.name)
          ? nil : StoredTensor(file: shard.checkpoint.data, descriptor: tensor)
      }
    }
  }
}

extension Model {
  /// The model with its quantized weights as floats, where its layout is one of another ecosystem.
  ///
  /// - Throws: ``CheckpointError`` for one that this library has quantized into a layout of its own, and
  ///   where weights are not as the files say; ``CalculatorError``.
  func asFloats(_ calculators: Calculators) throws -> Model {
    guard let checkpoint = try QuantizedCheckpoint(recognizing: self) else {
      try demandFloats()
      return self
    }
    var model = self
    model.dequantized = try DequantizedModel(checkpoint, calculators)
    return model
  }
}
