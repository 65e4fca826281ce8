extension MLXLayout {
  /// The modes of `mlx.core.quantize`.
  public var variants: [String] { MLXMode.allCases.map(\.rawValue) }

  /// The spec of a mode.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    let variant = request.variant ?? MLXMode.affine.rawValue
    guard let mode = MLXMode(rawValue: variant) else {
      throw .unknownVariant(layout: name, variant, known: variants)
    }
    try check(request, mode)
    let bits = try agreed("bits", [request.bits, request.dtype?.bitWidth]) ?? mode.bits
    if let sizes = request.blockSizes, sizes.count > 1 {
      throw .contradiction(layout: name, "it takes one size of groups")
    }
    let size =
      try agreed("group sizes", [request.groupSize, request.blockSizes?.first]) ?? mode.groupSize
    let spec = mode.spec(
      bits: bits, groupSize: size, calculator: request.calculator(mode.calculator))
    guard let spec else {
      throw .contradiction(layout: name, "\(variant) takes \(mode.choices)")
    }
    return spec
  }

  /// Demands that what is said of the formulas, the scheme, the type and the groups is that of the mode.
  private func check(_ request: LayoutRequest, _ mode: MLXMode) throws(LayoutError) {
    if request.formulas == .coreaiOpt, !mode.takesReference {
      throw .contradiction(
        layout: name, "coreai-opt has no scales as those of \(mode.rawValue)")
    }
    let scheme: QuantizationScheme = mode == .affine ? .asymmetric : .symmetric
    if let given = request.scheme, given != scheme {
      throw .contradiction(
        layout: name, "\(mode.rawValue) is \(scheme.rawValue), not \(given.rawValue)")
    }
    if let groups = request.groups, groups != .blocks {
      throw .contradiction(layout: name, "groups are parts of a row: the granularity is per_block")
    }
    if let dtype = request.dtype, dtype.isInteger != (mode == .affine) {
      throw .contradiction(
        layout: name, "\(mode.rawValue) takes \(mode.choices), not \(dtype.rawValue)")
    }
  }

  /// The one number that several settings give; nil where none is set.
  private func agreed(_ what: String, _ values: [Int?]) throws(LayoutError) -> Int? {
    let given = Set(values.compactMap(\.self))
    guard given.count <= 1 else {
      throw .contradiction(layout: name, "the settings give different \(what)")
    }
    return given.first
  }
}
