extension GGMLType {
  /// The blocks that codes and parameters can be written to, and read from.
  static let quantizing: [GGMLType] = [.q80, .q40, .q41, .q50, .q51, .mxfp4]

  /// The blocks that hold what a spec gives; nil where none do.
  init?(blocksOf spec: QuantizationSpec) {
    let type: GGMLType? =
      switch (spec.dtype, spec.formulation) {
      case (.int8, .zeroPoint): .q80
      case (.uint4, .zeroPoint): .q40
      case (.uint4, .minval): .q41
      case (.uint5, .zeroPoint): .q50
      case (.uint5, .minval): .q51
      case (.float4E2M1, .zeroPoint): .mxfp4
      default: nil
      }
    guard let type, spec.scheme == type.scheme, spec.scaleDType == type.scaleDType else {
      return nil
    }
    self = type
  }

  /// How the blocks are quantized: along the last of so many axes, the other settings those of another spec;
  /// nil for types that are not written.
  func spec(
    rank: Int? = nil, calculator: String? = nil, like other: QuantizationSpec? = nil
  ) -> QuantizationSpec? {
    guard let dtype = codes, let own = self.calculator else { return nil }
    let granularity: Granularity =
      switch rank {
      // Groups along one axis would reach over the window of a convolution.
      case 4: .perBlocks([1, 1, 1, blockLength])
      default: .perBlock(axis: rank.map { $0 - 1 }, size: blockLength)
      }
    return try? QuantizationSpec(
      dtype: dtype, scheme: scheme, formulation: hasMinval ? .minval : .zeroPoint,
      granularity: granularity, floatRange: other?.floatRange ?? .observed,
      scaleDType: scaleDType, qparamsCalculator: calculator ?? own,
      rangeCalculator: other?.rangeCalculator ?? "minmax")
  }

  /// The calculator with the formulas of gguf-py.
  var calculator: String? {
    switch self {
    case .q80: GGUFQ8QParams.name
    case .q40, .q50: GGUFExtremeQParams.name
    case .q41, .q51: GGUFMinimumQParams.name
    case .mxfp4: GGUFMXFP4QParams.name
    default: nil
    }
  }

  /// Whether the blocks can carry what coreai-opt's formulas give: their scales are positive floats, and their
  /// zeros follow from nothing else.
  var takesReference: Bool { self == .q80 || hasMinval }

  /// Whether blocks have a value of the code 0.
  var hasMinval: Bool { self == .q41 || self == .q51 }

  var scheme: QuantizationScheme { hasMinval ? .asymmetric : .symmetric }

  private var scaleDType: ScaleDType { self == .mxfp4 ? .float8E8M0 : .none }

  private var codes: QuantizedDType? {
    switch self {
    case .q80: .int8
    case .q40, .q41: .uint4
    case .q50, .q51: .uint5
    case .mxfp4: .float4E2M1
    default: nil
    }
  }
}
