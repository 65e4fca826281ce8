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

/// The formats of compressed-tensors that are written, under their names.
enum CompressedTensorsFormat: String, CaseIterable, Sendable {
  case packed = "pack-quantized"
  case int = "int-quantized"
  case float = "float-quantized"
  case mxfp4 = "mxfp4-pack-quantized"
  case mxfp8 = "mxfp8-quantized"
  case nvfp4 = "nvfp4-pack-quantized"

  /// The calculator with the library's formulas.
  var calculator: String {
    switch self {
    case .packed, .int: CompressedTensorsIntQParams.name
    case .float: CompressedTensorsFloatQParams.name
    case .mxfp4, .mxfp8: CompressedTensorsMXQParams.name
    case .nvfp4: CompressedTensorsNVFP4QParams.name
    }
  }

  /// The size of groups where the format decides it.
  var groupSize: Int? {
    switch self {
    case .packed, .int, .float: nil
    case .mxfp4, .mxfp8: 32
    case .nvfp4: 16
    }
  }

  /// Whether codes are integers.
  var isInteger: Bool { self == .packed || self == .int }

  /// The bits of a code where nothing else is said.
  var bits: Int { self == .packed || self == .mxfp4 || self == .nvfp4 ? 4 : 8 }

  /// Whether the format can carry what coreai-opt's formulas give.
  var takesReference: Bool { self != .nvfp4 }

  /// The spec of a weight; nil where the format has no such bits, scheme or groups.
  func spec(
    bits: Int, scheme: QuantizationScheme, _ granularity: Granularity, calculator: String? = nil,
    like other: QuantizationSpec? = nil
  ) -> QuantizationSpec? {
    guard let dtype = dtype(bits: bits), has(granularity) else { return nil }
    return try? QuantizationSpec(
      dtype: dtype, scheme: scheme, granularity: granularity,
      floatRange: other?.floatRange ?? .observed, scaleDType: scaleDType,
      qparamsCalculator: calculator ?? self.calculator,
      rangeCalculator: other?.rangeCalculator ?? "minmax")
  }

  private func dtype(bits: Int) -> QuantizedDType? {
    switch self {
    case .packed: [4, 8].contains(bits) ? QuantizedDType(bits: bits, isSigned: true) : nil
    case .int: bits == 8 ? .int8 : nil
    case .float, .mxfp8: bits == 8 ? .float8E4M3 : nil
    case .mxfp4, .nvfp4: bits == 4 ? .float4E2M1 : nil
    }
  }

  private func has(_ granularity: Granularity) -> Bool {
    switch granularity {
    case .perTensor: self == .int || self == .float
    case .perChannel: groupSize == nil
    case .perBlock(_, let size): self != .float && (groupSize == nil || groupSize == size)
    case .perBlocks: self == .float
    }
  }

  private var scaleDType: ScaleDType {
    switch self {
    case .packed, .int, .float: .none
    case .mxfp4, .mxfp8: .float8E8M0
    case .nvfp4: .float8E4M3
    }
  }
}
