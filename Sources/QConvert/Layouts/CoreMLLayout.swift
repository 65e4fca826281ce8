/// The state dict of a model that coreai-opt has finalized for Core ML: the weight as floats that sit on
/// quantized values, and buffers from which coremltools derives the codes again.
public struct CoreMLLayout: OutputLayout {
  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "coreml" }

  /// The weight as floats that sit on quantized values, then its buffers.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let spec = tensor.spec
    guard spec.dtype.isInteger, spec.dtype.bitWidth >= 4 else {
      throw .unsupported(layout: name, what: spec.dtype.rawValue, tensor.name)
    }
    guard spec.formulation == .zeroPoint else {
      throw .unsupported(layout: name, what: "the formulation minval", tensor.name)
    }
    let module = tensor.name.module
    let base = (module.isEmpty ? "" : module + ".") + "_COREML_/\(tensor.name.parameter)/"
    return [
      OutputEntry(tensor.name.string, tensor.precision.dtype, tensor.shape, .dequantized),
      OutputEntry(base + "compression_type", .int64, [1], .constant(Int64(3).littleEndianBytes)),
      OutputEntry(
        base + "quantization_n_bits", .int64, [],
        .constant(Int64(spec.dtype.bitWidth).littleEndianBytes)),
      OutputEntry(base + "quantization_scale", .float32, tensor.grid, .scale),
      OutputEntry(base + "zero_point", spec.dtype.storage, tensor.grid, .zeroPoint),
    ]
  }

  /// The version of the buffers.
  public var closingEntries: [OutputEntry] {
    [OutputEntry("_COREML_/metadata_version", .int64, [], .constant(Int64(1).littleEndianBytes))]
  }
}
