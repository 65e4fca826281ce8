/// A model with tensors of torchao as transformers writes it: linear layers quantized, and the metadata of every
/// file tells which of torchao's classes a weight is.
///
///     a._weight_qdata       I8, a code each, or F8_E4M3
///     a._weight_scale       F32; of IntxUnpackedToInt8Tensor the precision of the original
///     a._weight_zero_point  I8, integers only
public struct TorchAOLayout: OutputLayout {
  /// Whether the model has layers whose weights are transposed, and that are not linear ones to torchao.
  var hasTransposedLayers = false

  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "torchao" }

  /// The codes and the parameters, in the order of their names.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let module = tensor.name.module.isEmpty ? "" : "\(tensor.name.module)."
    let stem = "\(module)_\(tensor.name.parameter)_"
    let tensorClass = TorchAOClass(tensor.spec)
    let scale = tensorClass == .intx ? tensor.precision.dtype : .float32
    return [
      OutputEntry(stem + "qdata", tensor.spec.dtype.storage, tensor.shape, .quantized),
      OutputEntry(stem + "scale", scale, tensor.grid, .scale),
    ]
      + (tensorClass == .float8
        ? [] : [OutputEntry(stem + "zero_point", .int8, tensor.grid, .zeroPoint)])
  }
}
