import ArgumentParser
import QConvert

/// The options that make up a quantization spec.
struct QuantizationOptions: ParsableArguments {
  @Option(name: .customLong("dtype"), help: "The type to quantize to. (default: int8)")
  var givenDType: QuantizedDType?

  @Option(help: "How the range is laid onto the quantized values. (default: symmetric)")
  var scheme: QuantizationScheme?

  @Option(help: "The formula: with a zero point, or with the smallest value. (default: zp)")
  var formulation: QuantizationFormulation?

  @Option(
    help: "How many elements share a scale. (default: per_channel; per_block with --block-size)")
  var granularity: GranularityKind?

  @Option(
    parsing: .unconditional,
    help: "The channel or block axis, from the end when negative. (default: 0, for blocks 1)")
  var axis: Int?

  @Option(
    parsing: .unconditional,
    help: "Elements of a block, or one number for every axis, -1 for a whole one. (default: 32)")
  var blockSize: BlockSize?

  @Option(
    help: "The type in which scales are chosen; float4 always takes float8_e8m0fnu. (default: none)"
  )
  var scaleDtype: ScaleDType?

  @Option(
    parsing: .unconditional,
    help: "Bounds in place of the observed ones, LOW,HIGH; none leaves one observed.")
  var floatRange: FloatRangeArgument?

  @Option(
    help: "The registered calculator that turns ranges into parameters. (default: default)")
  var calculator: String?

  @Option(help: "The registered calculator that finds ranges. (default: minmax)")
  var range: String?

  @Option(
    help: ArgumentHelp(
      "What to write, in the words of the layout's ecosystem, as its article lists them.",
      valueName: "name"))
  var variant: String?

  @Option(help: ArgumentHelp("Bits of a value, for layouts with a choice.", valueName: "n"))
  var bits: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Elements that share a scale, in the words of the layout's ecosystem; -1 for a channel.",
      valueName: "n"))
  var groupSize: Int?

  @Option(
    help: ArgumentHelp(
      "Whose formulas: those of the library that loads the layout, or those of coreai-opt.",
      valueName: "library|coreai-opt"))
  var arithmetic: LayoutRequest.Formulas?

  /// The type to quantize to.
  var dtype: QuantizedDType { givenDType ?? .int8 }

  /// Whether any of these options is.
  var isGiven: Bool {
    givenDType != nil || scheme != nil || formulation != nil || granularity != nil || axis != nil
      || blockSize != nil || scaleDtype != nil || floatRange != nil || calculator != nil
      || range != nil || variant != nil || bits != nil || groupSize != nil
      || arithmetic != nil
  }

  /// What sets the name of an output apart.
  func label(for layout: (any OutputLayout)?) -> String {
    variant ?? layout.flatMap { try? $0.label(of: $0.spec(for: request)) } ?? dtype.rawValue
  }

  /// The spec that these options describe, in the words of a layout that has some.
  func spec(for layout: any OutputLayout) throws -> QuantizationSpec {
    guard layout.variants.isEmpty else {
      if axis != nil { throw ValidationError("--axis does not go with the layout \(layout.name)") }
      return try spec(like: try layout.spec(for: request))
    }
    if variant != nil || bits != nil || groupSize != nil || arithmetic != nil {
      throw ValidationError(
        "--variant, --bits, --group-size and --arithmetic do not go with the layout \(layout.name)")
    }
    return try spec()
  }

  /// The spec that these options describe, of one kind of granularity where they name none.
  func spec(default kind: GranularityKind = .perChannel) throws -> QuantizationSpec {
    try spec(
      like: QuantizationSpec(
        dtype: dtype, scheme: scheme ?? .symmetric, granularity: makeGranularity(default: kind)))
  }

  var request: LayoutRequest {
    var request = LayoutRequest()
    request.variant = variant
    request.bits = bits
    request.groupSize = groupSize
    request.dtype = givenDType
    request.formulas = arithmetic
    request.scheme = scheme
    request.blockSizes = blockSize?.sizes
    request.groups =
      switch granularity {
      case .perTensor: .tensor
      case .perChannel: .channels
      case .perBlock: .blocks
      case nil: nil
      }
    return request
  }

  /// A spec with what is given here that a layout does not decide.
  private func spec(like base: QuantizationSpec) throws -> QuantizationSpec {
    try QuantizationSpec(
      dtype: base.dtype, scheme: base.scheme, formulation: formulation ?? base.formulation,
      granularity: base.granularity,
      floatRange: floatRange.map { try FloatRange(low: $0.low, high: $0.high) } ?? .observed,
      scaleDType: scaleDtype ?? base.scaleDType,
      qparamsCalculator: calculator ?? base.qparamsCalculator,
      rangeCalculator: range ?? base.rangeCalculator)
  }

  private func makeGranularity(default kind: GranularityKind) throws -> Granularity {
    switch granularity ?? (blockSize != nil ? .perBlock : axis != nil ? .perChannel : kind) {
    case .perTensor:
      if axis != nil { throw ValidationError("--axis does not go with per_tensor") }
      if blockSize != nil { throw ValidationError("--block-size does not go with per_tensor") }
      return .perTensor
    case .perChannel:
      if blockSize != nil { throw ValidationError("--block-size does not go with per_channel") }
      return .perChannel(axis: axis)
    case .perBlock:
      let sizes = blockSize?.sizes ?? [32]
      if sizes.count == 1 { return .perBlock(axis: axis, size: sizes[0]) }
      if axis != nil {
        throw ValidationError("--axis does not go with a block size for every axis")
      }
      return .perBlocks(sizes)
    }
  }
}
