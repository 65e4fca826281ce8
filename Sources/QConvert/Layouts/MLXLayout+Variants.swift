extension MLXLayout {
  /// The modes of `mlx.core.quantize` that can be written.
  public var variants: [String] { ["affine"] }

  /// The spec of a mode: 4 bits in groups of 64 where nothing else is said, the defaults of mlx-lm.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    if let variant = request.variant, !variants.contains(variant) {
      throw .unknownVariant(layout: name, variant, known: variants)
    }
    if request.scheme != nil, request.scheme != .asymmetric {
      throw .contradiction(layout: name, "a group has a scale and a bias: the scheme is asymmetric")
    }
    if let groups = request.groups, groups != .blocks {
      throw .contradiction(layout: name, "groups are parts of a row: the granularity is per_block")
    }
    let bits = try agreed("bits", [request.bits, request.dtype?.bitWidth]) ?? 4
    guard request.dtype?.isInteger != false, Self.bitWidths.contains(bits),
      let dtype = QuantizedDType(bits: bits, isSigned: false)
    else {
      throw .contradiction(layout: name, "affine takes \(Self.bitWidths.words) bits")
    }
    if let sizes = request.blockSizes, sizes.count > 1 {
      throw .contradiction(layout: name, "it takes one size of groups")
    }
    let size = try agreed("group sizes", [request.groupSize, request.blockSizes?.first]) ?? 64
    guard Self.groupSizes.contains(size) else {
      throw .contradiction(layout: name, "affine takes groups of \(Self.groupSizes.words)")
    }
    do {
      return try QuantizationSpec(
        dtype: dtype, scheme: .asymmetric, formulation: .minval,
        granularity: .perBlock(axis: nil, size: size), qparamsCalculator: MLXAffineQParams.name)
    } catch {
      throw .contradiction(layout: name, "\(error)")
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
