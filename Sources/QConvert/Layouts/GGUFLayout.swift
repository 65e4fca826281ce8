/// A GGUF file under the names of the original: weights of linear layers in blocks of a row, as gguf-py makes
/// them, and every other float as F32.
///
///     a.weight   Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 or MXFP4: the parameters of 32 elements, then their codes
///
/// In the variants `f16` and `bf16` nothing is quantized, and tensors with two axes or more have that type.
public struct GGUFLayout: OutputLayout {
  /// The type of matrices where they are not quantized.
  let half: FloatPrecision?

  /// The layout.
  public init() {
    self.init(half: nil)
  }

  init(half: FloatPrecision?) {
    self.half = half
  }

  static let name = "gguf"

  /// The name on the command line.
  public var name: String { Self.name }
  /// GGUF files.
  public var formats: Set<OutputFormat> { [.gguf] }

  /// That float4 has codes of its own; blocks know where they are.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    CodePacking(bits: spec.dtype.bitWidth)
  }

  /// The blocks.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    guard let type = GGMLType(blocksOf: tensor.spec),
      tensor.shape.last?.isMultiple(of: type.blockLength) == true
    else {
      throw .unsupported(layout: name, what: "\(tensor.spec)", tensor.name)
    }
    return [OutputEntry(tensor.name.string, blocks: type, tensor.shape, .blocks)]
  }
}
