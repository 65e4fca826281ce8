extension QuantizedCheckpoint {
  /// What turns blocks of a GGUF file into floats, whatever a record says of them.
  ///
  /// - Throws: ``CheckpointError`` for blocks of a type that is not read.
  func dequantization(
    ofBlocks data: StoredTensor, _ calculators: Calculators
  ) throws -> TensorDequantization {
    let tensor: QuantizationRecord.Tensor
    do { tensor = try QuantizationRecord.Tensor(blocks: data.descriptor) } catch {
      throw CheckpointError(path: model.path, reason: error)
    }
    return try dequantization(of: tensor, blocks: data, GGUFLayout(), calculators)
  }

  /// What turns blocks into floats as a layout says.
  private func dequantization(
    of tensor: QuantizationRecord.Tensor, blocks data: StoredTensor, _ layout: any OutputLayout,
    _ calculators: Calculators
  ) throws -> TensorDequantization {
    TensorDequantization(
      precision: tensor.precision,
      decoding: Decoding(
        tensor.spec, try layout.geometry(tensor.spec, over: tensor.view),
        of: try calculators.qparams(for: tensor.spec), precision: tensor.precision),
      packing: layout.packing(of: tensor.spec), data: data, scale: nil, zeroPoint: nil,
      zeroPointPacking: nil, minval: nil)
  }

  /// What turns the entries of a recorded tensor into floats; nil where none of them holds codes.
  func dequantization(
    of tensor: QuantizationRecord.Tensor, _ entries: [OutputEntry], _ calculators: Calculators
  ) throws -> TensorDequantization? {
    func stored(_ content: OutputEntry.Content) throws -> StoredTensor? {
      try entries.first { $0.content == content }.map { try self.stored($0) }
    }
    if let blocks = try stored(.blocks) {
      return try dequantization(of: tensor, blocks: blocks, layout, calculators)
    }
    guard let data = try stored(.quantized), let scale = try stored(.scale) else { return nil }
    return TensorDequantization(
      precision: tensor.precision,
      decoding: Decoding(
        tensor.spec, try layout.geometry(tensor.spec, over: tensor.view),
        of: try calculators.qparams(for: tensor.spec), precision: tensor.precision,
        globalScale: try stored(.globalScale).map { try globalScale($0) }),
      packing: layout.packing(of: tensor.spec), data: data, scale: scale,
      zeroPoint: try stored(.zeroPoint), zeroPointPacking: layout.zeroPointPacking(of: tensor.spec),
      minval: try stored(.minval))
  }
}
