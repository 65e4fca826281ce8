extension CompressedTensorsLayout {
  /// The formats of the library.
  public var variants: [String] { CompressedTensorsFormat.allCases.map(\.rawValue) }

  /// The layout whose integers share words or not, as a variant says.
  public func adapted(to request: LayoutRequest) -> any OutputLayout {
    CompressedTensorsLayout(isPacked: request.variant != CompressedTensorsFormat.int.rawValue)
  }

  /// The spec of a format: integers of 4 bits and rows where nothing else is said.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    let variant = request.variant ?? byDefault(request)
    guard let format = CompressedTensorsFormat(rawValue: variant) else {
      throw .unknownVariant(layout: name, variant, known: variants)
    }
    if request.formulas == .coreaiOpt, !format.takesReference {
      throw .contradiction(layout: name, "coreai-opt has no scales as those of \(variant)")
    }
    let bits = request.bits ?? request.dtype?.bitWidth ?? format.bits
    if let dtype = request.dtype {
      let isOfFormat = format.isInteger ? dtype.isSignedInteger : !dtype.isInteger
      guard isOfFormat, dtype.bitWidth == bits, dtype != .float8E5M2 else {
        throw .contradiction(
          layout: name, "\(dtype.rawValue) is not the variant \(variant) with \(bits) bits")
      }
    }
    let scheme = request.scheme ?? .symmetric
    guard scheme == .symmetric || scheme == .asymmetric && format.isInteger else {
      throw .contradiction(layout: name, "\(variant) is not \(scheme.rawValue)")
    }
    let spec = format.spec(
      bits: bits, scheme: scheme, try granularity(request, format),
      calculator: request.calculator(format.calculator))
    guard let spec else {
      throw .contradiction(layout: name, "\(variant) takes \(choices(format))")
    }
    return spec
  }

  private func choices(_ format: CompressedTensorsFormat) -> String {
    switch format {
    case .packed: "4 or 8 bits, rows or groups of a row"
    case .int: "8 bits, one scale for the tensor, rows or groups of a row"
    case .float: "8 bits, one scale for the tensor, rows or blocks such as 128,128"
    case .mxfp4, .mxfp8, .nvfp4: "\(format.bits) bits in groups of \(format.groupSize ?? 0)"
    }
  }

  /// The variant of a type that is given.
  private func byDefault(_ request: LayoutRequest) -> String {
    let format: CompressedTensorsFormat =
      switch request.dtype {
      case .float8E4M3, .float8E5M2: .float
      case .float4E2M1: .mxfp4
      default: .packed
      }
    return format.rawValue
  }

  private func granularity(
    _ request: LayoutRequest, _ format: CompressedTensorsFormat
  ) throws(LayoutError) -> Granularity {
    if let sizes = request.blockSizes, sizes.count == 2, sizes[0] != 1 {
      guard request.groups == .blocks || request.groups == nil, request.groupSize == nil else {
        throw .contradiction(layout: name, "a block size goes with per_block")
      }
      return .perBlocks(sizes)
    }
    let sizes = Set(
      [request.groupSize, request.blockSizes?.last, format.groupSize].compactMap(\.self))
    guard sizes.count <= 1, sizes.allSatisfy({ $0 > 0 || $0 == -1 && format.groupSize == nil })
    else {
      throw .contradiction(layout: name, "\(format.rawValue) takes \(choices(format))")
    }
    let size = sizes.first.flatMap { $0 == -1 ? nil : $0 }
    switch (request.groups, size) {
    case (.tensor, nil): return .perTensor
    case (.channels, nil), (nil, nil): return .perChannel(axis: 0)
    case (.blocks, nil) where format == .float: return .perBlocks([128, 128])
    case (.blocks, let size?), (nil, let size?): return .perBlock(axis: 1, size: size)
    default:
      throw .contradiction(layout: name, "\(format.rawValue) takes \(choices(format))")
    }
  }
}
