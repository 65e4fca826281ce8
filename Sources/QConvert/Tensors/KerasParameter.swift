/// A variable of a layer in a file of Keras 3, `layers/dense/vars/0`.
struct KerasParameter: Hashable, Sendable {
  /// The class of the layer, without the package of a class of one's own; nil where it is not known.
  let className: String?
  /// The equation of an `EinsumDense`; nil where it is not known.
  let equation: String?
  /// Its number among the variables of the layer.
  let number: Int
  /// The numbers of all variables of the layer, ascending.
  let numbers: [Int]
  /// Whether the layer is in the configuration of the model.
  let isConfigured: Bool
  /// Whether the layer has layers within it.
  let hasInnerLayers: Bool
  /// Whether the layer is a projection of an attention.
  let isInAttention: Bool
}
