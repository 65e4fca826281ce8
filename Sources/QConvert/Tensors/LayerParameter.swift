/// What a file tells of the layer that a tensor belongs to, where it tells more than a name.
public struct LayerParameter: Hashable, Sendable {
  /// The name under which patterns for modules and specs know the tensor: the path with dots, `weight` at
  /// the end where it is one.
  let selectionName: TensorName
  /// Whether a layer multiplies by it: kernels and embeddings, not biases, statistics or what an
  /// optimizer keeps.
  public let isWeight: Bool
  /// Whether it is the state of an optimizer.
  public let isOptimizerState: Bool
  /// The path of the layer in the file; nil where it belongs to none.
  public let layer: TensorName?
  /// The class of the layer, or of the layer within it that has the parameter; nil where it is not known.
  public let className: String?
  /// What it is to the layer, such as `kernel`; nil where that is not known.
  public let role: String?
  /// The axis of the output channels.
  public let channelAxis: Int?
  /// The axis along which blocks lie by default: that of the input channels.
  public let blockAxis: Int?
  /// What a file of Keras 3 tells of the layer; nil in other files.
  let keras: KerasParameter?
}

extension QuantizationSpec {
  /// The spec with the axes of a layer in place of those that are not given.
  func filled(for layer: LayerParameter, rank: Int) -> QuantizationSpec {
    switch granularity {
    case .perChannel(nil):
      return layer.channelAxis.map { replacing(.perChannel(axis: $0)) } ?? self
    case .perBlock(nil, let size):
      guard let blockAxis = layer.blockAxis, rank > 2 else {
        return layer.blockAxis.map { replacing(.perBlock(axis: $0, size: size)) } ?? self
      }
      // A block holds the whole window of a convolution and one output channel.
      var sizes = [Int](repeating: -1, count: rank)
      sizes[blockAxis] = size
      if let channelAxis = layer.channelAxis, channelAxis != blockAxis { sizes[channelAxis] = 1 }
      return replacing(.perBlocks(sizes))
    default: return self
    }
  }
}
