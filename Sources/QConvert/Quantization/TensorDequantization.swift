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
  let minval: StoredTensor?

  var spec: QuantizationSpec { decoding.spec }
  var geometry: BlockGeometry { decoding.geometry }
}
