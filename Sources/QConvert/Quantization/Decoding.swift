/// What codes stand for, given the parameters of their groups.
struct Decoding: Sendable {
  let spec: QuantizationSpec
  let scaling: Scaling
  let geometry: BlockGeometry
  /// Whether the product of code and scale is rounded to the precision of the result before a minval is
  /// added.
  let roundsProducts: Bool
}
