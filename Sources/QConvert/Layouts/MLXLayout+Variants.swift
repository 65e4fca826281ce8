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
    if let sizes = request.blockSizes, sizes.count > 1 {
      throw .contradiction(layout: name, "it takes one size of groups")
    }
    let size = try agreed("group sizes", [request.groupSize, request.blockSizes?.first]) ?? 64
    guard request.dtype?.isInteger != false, let spec = Self.affine(bits: bits, groupSize: size)
    else {
      throw .contradiction(layout: name, "affine takes \(Self.choices)")
    }
    return spec
  }

  /// The spec of the mode affine, the other settings those of another spec; nil where MLX has no such bits or
  /// groups. Without an axis the groups are those of the last.
  static func affine(
    bits: Int, groupSize: Int, axis: Int? = nil, like other: QuantizationSpec? = nil
  ) -> QuantizationSpec? {
    guard bitWidths.contains(bits), groupSizes.contains(groupSize),
      let dtype = QuantizedDType(bits: bits, isSigned: false)
    else { return nil }
    return try? QuantizationSpec(
      dtype: dtype, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: axis, size: groupSize),
      floatRange: other?.floatRange ?? .observed, qparamsCalculator: MLXAffineQParams.name,
      rangeCalculator: other?.rangeCalculator ?? "minmax")
  }

  private static let bitWidths = [2, 3, 4, 5, 6, 8]
  private static let groupSizes = [32, 64, 128]

  /// What there is, in words.
  static var choices: String {
    func words(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
    return "integers of \(words(bitWidths)) bits in groups of \(words(groupSizes))"
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
