extension QuantizedCheckpoint {
  /// What turns the entries of a recorded tensor into floats; nil where none of them holds codes.
  func dequantization(
    of tensor: QuantizationRecord.Tensor, _ entries: [OutputEntry], _ calculators: Calculators
  ) throws -> TensorDequantization? {
    func stored(_ content: OutputEntry.Content) throws -> StoredTensor? {
      try entries.first { $0.content == content }.map { try self.stored($0) }
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
