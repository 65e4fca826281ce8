/// Everything needed to turn the stored entries of a tensor back into floats.
struct TensorDequantization: Sendable {
  /// The precision of the original, and of the result.
  let precision: FloatPrecision
  let decoding: Decoding
  /// How codes share bytes, where they do.
  let packing: CodePacking?
  /// The codes, or blocks with them and all parameters.
  var data: StoredTensor
  /// The scales; nil where they are in blocks.
  let scale: StoredTensor?
  let zeroPoint: StoredTensor?
  /// How zero points share words, where they do.
  let zeroPointPacking: ColumnPacking?
  let minval: StoredTensor?

  /// Slabs that read about so many bytes of codes.
  func slabs(_ slabBytes: Int) -> SlabPartition {
    if blockType != nil {
      return SlabPartition(geometry, limit: data.slabByteCount(slabBytes / 4), packing: packing)
    }
    let unit = packing.map { max(8 / $0.bits, 1) } ?? 1
    return SlabPartition(
      packing, shape: geometry.shape, limit: data.slabByteCount(slabBytes / 4 / unit) * unit)
  }

  /// The type of the blocks; nil where codes and parameters are apart.
  var blockType: GGMLType? { data.descriptor.blockType }

  /// The least stretch around another whose codes can be read by themselves.
  func enclosing(_ elements: Range<Int>) -> Range<Int> {
    if let length = blockType?.blockLength {
      let end = (elements.upperBound + length - 1) / length
      return elements.lowerBound / length * length..<end * length
    }
    return packing.map { PackedRows($0, shape: geometry.shape) }?.enclosing(elements) ?? elements
  }

  var spec: QuantizationSpec { decoding.spec }
  var geometry: BlockGeometry { decoding.geometry }
}
