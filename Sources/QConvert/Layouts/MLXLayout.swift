/// A model as mlx-lm has quantized it: linear layers and embeddings in groups of a row, each with a scale and
/// in the mode affine a bias.
///
///     a.weight   U32, codes without sign as a stream of bits along the last axis
///     a.scales   the precision of the original, a number for every group; U8 in the modes with float codes
///     a.biases   the precision of the original: the value of the code 0; affine only
///
/// `config.json` tells the bits and the size of a group. What is no weight of a linear layer or an embedding
/// stays as it is.
public struct MLXLayout: OutputLayout {
  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "mlx" }

  /// How codes share words.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    CodePacking(bits: spec.dtype.bitWidth, rowAlignment: 4)
  }

  /// The codes, the scales and the biases.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let module = tensor.name.module.isEmpty ? "" : "\(tensor.name.module)."
    let words = (tensor.shape.last ?? 0) * tensor.spec.dtype.bitWidth / 32
    let precision = tensor.precision.dtype
    let weight = OutputEntry(
      tensor.name.string, .uint32, tensor.shape.dropLast() + [words], .quantized)
    guard MLXMode(tensor.spec) == .affine else {
      return [weight, OutputEntry(module + "scales", .uint8, tensor.grid, .scale)]
    }
    return [
      weight,
      OutputEntry(module + "scales", precision, tensor.grid, .scale),
      OutputEntry(module + "biases", precision, tensor.grid, .minval),
    ]
  }
}
