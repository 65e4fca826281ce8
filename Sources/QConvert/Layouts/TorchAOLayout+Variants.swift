extension TorchAOLayout {
  /// `Int8WeightOnlyConfig`, `Float8WeightOnlyConfig`, `IntxWeightOnlyConfig`.
  public var variants: [String] { TorchAOClass.allCases.map(\.rawValue) }

  /// The spec of a configuration of torchao: rows where nothing else is said, int4 of intx.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    let variant = request.variant ?? byDefault(request)
    guard let tensorClass = TorchAOClass(rawValue: variant) else {
      throw .unknownVariant(layout: name, variant, known: variants)
    }
    let bits = request.bits ?? request.dtype?.bitWidth ?? (tensorClass == .intx ? 4 : 8)
    if let dtype = request.dtype {
      let isOfClass = tensorClass == .float8 ? dtype == .float8E4M3 : dtype.isSignedInteger
      guard isOfClass, dtype.bitWidth == bits else {
        throw .contradiction(
          layout: name, "\(dtype.rawValue) is not the variant \(variant) with \(bits) bits")
      }
    }
    guard tensorClass == .intx ? 1...8 ~= bits : bits == 8 else {
      throw .contradiction(
        layout: name, "\(variant) has \(tensorClass == .intx ? "1 to 8" : "8") bits, not \(bits)")
    }
    let scheme = request.scheme ?? .symmetric
    guard scheme == .symmetric || scheme == .asymmetric && tensorClass == .intx else {
      throw .contradiction(layout: name, "\(variant) is not \(scheme.rawValue)")
    }
    let granularity = try granularity(request, of: tensorClass)
    let spec = tensorClass.spec(
      bits: bits, scheme: scheme, granularity,
      calculator: request.calculator(tensorClass.calculator))
    guard let spec, TorchAOClass(spec) == tensorClass else {
      throw .contradiction(
        layout: name, "with coreai-opt's numbers symmetric rows of 8 bits are the variant int8")
    }
    return spec
  }

  /// The variant of a type that is given.
  private func byDefault(_ request: LayoutRequest) -> String {
    let dtype = request.dtype ?? .int8
    return (dtype.isInteger ? dtype == .int8 ? TorchAOClass.int8 : .intx : .float8).rawValue
  }

  private func granularity(
    _ request: LayoutRequest, of tensorClass: TorchAOClass
  ) throws(LayoutError) -> Granularity {
    let sizes = Set([request.groupSize, request.blockSizes?.last].compactMap(\.self))
    let isOneRow = request.blockSizes.map { $0.count == 1 || $0.count == 2 && $0[0] == 1 } ?? true
    guard sizes.count <= 1, isOneRow, sizes.allSatisfy({ $0 > 0 || $0 == -1 }) else {
      throw .contradiction(layout: name, "a group is a positive number of elements of a row, or -1")
    }
    let size = sizes.first.flatMap { $0 == -1 ? nil : $0 }
    switch (request.groups, size) {
    case (.tensor, nil) where tensorClass != .intx: return .perTensor
    case (.channels, nil), (nil, nil): return .perChannel(axis: 0)
    case (.blocks, let size?) where tensorClass == .intx,
      (nil, let size?) where tensorClass == .intx:
      return .perBlock(axis: 1, size: size)
    default:
      throw .contradiction(
        layout: name,
        tensorClass == .intx
          ? "intx has a scale for every row or group of a row"
          : "\(tensorClass.rawValue) has a scale for every row or one for the tensor")
    }
  }
}
