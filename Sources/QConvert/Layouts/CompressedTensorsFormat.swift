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
