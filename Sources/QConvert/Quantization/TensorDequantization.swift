/// Everything needed to turn the stored entries of a tensor back into floats.
struct TensorDequantization: Sendable {
  /// The precision of the original, and of the result.
  let precision: FloatPrecision
  let spec: QuantizationSpec
  let scaling: Scaling
  let geometry: BlockGeometry
  /// How codes share bytes, where they do.
  let packing: CodePacking?
  var data: StoredTensor
  let scale: StoredTensor
  let zeroPoint: StoredTensor?
  let minval: StoredTensor?
}
