/// Everything needed to turn the stored entries of a tensor back into floats.
struct TensorDequantization: Sendable {
  /// The precision of the original, and of the result.
  let precision: FloatPrecision
  let decoding: Decoding
  /// How codes share bytes, where they do.
  let packing: CodePacking?
  var data: StoredTensor
  let scale: StoredTensor
  let zeroPoint: StoredTensor?
  /// How zero points share words, where they do.
  let zeroPointPacking: ColumnPacking?
  let minval: StoredTensor?

  /// Slabs that read about so many bytes of codes.
  func slabs(_ slabBytes: Int) -> SlabPartition {
    let unit = packing.map { max(8 / $0.bits, 1) } ?? 1
    return SlabPartition(
      packing, shape: geometry.shape, limit: data.slabByteCount(slabBytes / 4 / unit) * unit)
  }

  var spec: QuantizationSpec { decoding.spec }
  var geometry: BlockGeometry { decoding.geometry }
}
