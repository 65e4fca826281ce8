/// Quantized values under the original name, parameters beside them.
///
///     a.weight             storage dtype, original shape (packed: U8, the last axis shortened)
///     a.weight_scale       F32, the shape of the grid
///     a.weight_zero_point  I32, integer dtypes only
///     a.weight_minval      F32, integer dtypes only
///
/// Packed values share bytes along the last axis, the first in the lowest bits; a last byte that is not
/// full ends with zero bits.
public struct NativeLayout: OutputLayout {
  /// Whether sub-byte values share bytes.
  public let isPacked: Bool

  /// The layout.
  public init(isPacked: Bool = false) {
    self.isPacked = isPacked
  }

  /// The name on the command line.
  public var name: String { "native" }
  /// Any container.
  public var formats: Set<OutputFormat> { [.safetensors, .hdf5, .gguf] }
  /// Any, as the file's record tells the calculator.
  public var scalings: Set<Scaling> { [.divide, .multiply] }

  /// Which types share bytes.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    isPacked && spec.dtype.bitWidth < 8 ? CodePacking(bits: spec.dtype.bitWidth) : nil
  }

  /// The entries of a quantized tensor, in the order above.
  public func entries(for tensor: QuantizedTensor) -> [OutputEntry] {
    let name = tensor.name.string
    let dtype = tensor.spec.dtype
    var entries: [OutputEntry] = []
    if let packing = packing(of: tensor.spec), !tensor.shape.isEmpty {
      entries.append(OutputEntry(name, .uint8, packing.byteShape(tensor.shape), .quantized))
    } else {
      entries.append(OutputEntry(name, dtype.storage, tensor.shape, .quantized))
    }
    entries.append(OutputEntry(name + "_scale", .float32, tensor.grid, .scale))
    if dtype.isInteger {
      entries.append(OutputEntry(name + "_zero_point", .int32, tensor.grid, .zeroPoint))
      entries.append(OutputEntry(name + "_minval", .float32, tensor.grid, .minval))
    }
    return entries
  }
}
