/// A model as compressed-tensors stores it, the format of llm-compressor, vLLM and transformers: linear layers
/// quantized, in one of the library's formats.
///
///     a.weight_packed        I32, integers as a stream of bits; U8, two float4 codes; or
///     a.weight               I8 or F8_E4M3, a code each
///     a.weight_scale         the precision of the original; U8 powers of two; F8_E4M3 of nvfp4
///     a.weight_zero_point    I32, packed along the rows, or I8; asymmetric only
///     a.weight_shape         I64, the shape of the original; of packed integers
///     a.weight_global_scale  F32, what divides the scales; of nvfp4
public struct CompressedTensorsLayout: OutputLayout {
  /// Whether integers share words: the format pack-quantized instead of int-quantized.
  public let isPacked: Bool
  /// Whether the model has layers whose weights are transposed, and that are not linear ones to the library.
  var hasTransposedLayers = false

  /// The layout.
  public init(isPacked: Bool = true) {
    self.isPacked = isPacked
  }

  /// The name on the command line.
  public var name: String { "compressed-tensors" }

  /// Blocks at the ends of a matrix may be smaller.
  public var allowsRaggedBlocks: Bool { true }

  /// How codes share words and bytes.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    switch format(of: spec) {
    case .packed: CodePacking(bits: spec.dtype.bitWidth, isOffset: true, rowAlignment: 4)
    case .mxfp4, .nvfp4: CodePacking(bits: 4)
    case .int, .float, .mxfp8: nil
    }
  }

  /// How zero points share words.
  public func zeroPointPacking(of spec: QuantizationSpec) -> ColumnPacking? {
    format(of: spec) == .packed && spec.scheme == .asymmetric
      ? ColumnPacking(bits: spec.dtype.bitWidth) : nil
  }

  /// The matrices that vLLM joins, whose scales it divides by the same.
  public func globalScaleName(of tensor: TensorName) -> TensorName {
    let parts = tensor.string.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, let joined = Self.joined[String(parts[parts.count - 2])] else {
      return tensor
    }
    return TensorName((parts.dropLast(2) + [Substring(joined), "weight"]).joined(separator: "."))
  }

  private static let joined = [
    "q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "gate_proj": "gate_up",
    "up_proj": "gate_up", "w1": "w13", "w3": "w13",
  ]

  /// The codes, the parameters and what unpacking them takes.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let name = tensor.name.string
    let (spec, format) = (tensor.spec, format(of: tensor.spec))
    let grid = spec.granularity == .perTensor ? [1] : tensor.grid
    let rows = Array(tensor.shape.dropLast())
    let codes =
      switch format {
      case .packed:
        OutputEntry(
          name + "_packed", .int32,
          rows + [(packing(of: spec)?.byteShape(tensor.shape).last ?? 0) / 4],
          .quantized)
      case .mxfp4, .nvfp4:
        OutputEntry(name + "_packed", .uint8, rows + [(tensor.shape.last ?? 0) / 2], .quantized)
      case .int, .float, .mxfp8: OutputEntry(name, spec.dtype.storage, tensor.shape, .quantized)
      }
    let scale: DType =
      switch format {
      case .packed, .int, .float: tensor.precision.dtype
      case .mxfp4, .mxfp8: .uint8
      case .nvfp4: .float8E4M3
      }
    var entries = [codes, OutputEntry(name + "_scale", scale, grid, .scale)]
    if let packing = zeroPointPacking(of: spec) {
      entries.append(
        OutputEntry(
          name + "_zero_point", .int32, packing.shape(ofGrid: tensor.grid), .zeroPoint))
    } else if spec.scheme == .asymmetric {
      entries.append(OutputEntry(name + "_zero_point", .int8, grid, .zeroPoint))
    }
    if format == .packed {
      let bytes = tensor.shape.flatMap { Int64($0).littleEndianBytes }
      entries.append(
        OutputEntry(name + "_shape", .int64, [tensor.shape.count], .constant(bytes)))
    }
    if format == .nvfp4 {
      entries.append(OutputEntry(name + "_global_scale", .float32, [1], .globalScale))
    }
    return entries
  }

  /// The format of a spec.
  func format(of spec: QuantizationSpec) -> CompressedTensorsFormat {
    switch (spec.dtype, spec.scaleDType) {
    case (.float8E4M3, .none): .float
    case (.float8E4M3, _): .mxfp8
    case (.float4E2M1, .float8E4M3): .nvfp4
    case (.float4E2M1, _): .mxfp4
    default: isPacked ? .packed : .int
    }
  }
}
