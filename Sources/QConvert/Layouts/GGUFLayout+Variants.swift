extension GGUFLayout {
  /// The types of blocks, and those of floats, in the spelling of file names.
  public var variants: [String] { Self.types.map(\.variant) }

  private static let types = GGMLType.quantizing + [.float16, .bfloat16]

  /// The spec of a variant; of one that quantizes nothing, one that stays without effect.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    let type = try type(for: request)
    guard type.isBlock else {
      guard !request.saysHow else {
        throw .contradiction(layout: name, "\(type.variant) quantizes nothing")
      }
      return try spec(for: LayoutRequest())
    }
    try check(request, type)
    let calculator = type.calculator.map { request.calculator($0) }
    guard let spec = type.spec(calculator: calculator) else {
      throw .unknownVariant(layout: name, type.variant, known: variants)
    }
    return spec
  }

  /// The layout of a request, which says whether anything is quantized.
  public func adapted(to request: LayoutRequest) -> any OutputLayout {
    let type = try? type(for: request)
    return GGUFLayout(half: type?.dtype.flatMap(FloatPrecision.init))
  }

  /// The name of the type.
  public func label(of spec: QuantizationSpec) -> String {
    GGMLType(blocksOf: spec)?.variant ?? spec.dtype.rawValue
  }

  /// The type that a request names, or else the first that it describes.
  private func type(for request: LayoutRequest) throws(LayoutError) -> GGMLType {
    if let variant = request.variant {
      guard let type = Self.types.first(where: { $0.variant == variant }) else {
        throw .unknownVariant(layout: name, variant, known: variants)
      }
      return type
    }
    let type = GGMLType.quantizing.first { type in
      guard let spec = type.spec() else { return false }
      return request.describes(spec)
    }
    guard let type else {
      throw .contradiction(
        layout: name,
        "no blocks are of this type, width and scheme; there are: "
          + variants.joined(separator: " "))
    }
    return type
  }

  /// Demands that what is said beside the variant is so.
  private func check(_ request: LayoutRequest, _ type: GGMLType) throws(LayoutError) {
    func demand(_ condition: Bool, _ what: String) throws(LayoutError) {
      if !condition { throw .contradiction(layout: name, "\(type.variant) \(what)") }
    }
    let spec = type.spec()
    try demand(spec.map(request.describes) ?? false, "has another type, width or scheme")
    let sizes = [request.groupSize].compactMap(\.self) + (request.blockSizes ?? [])
    try demand(sizes.allSatisfy { $0 == type.blockLength }, "has blocks of \(type.blockLength)")
    try demand(
      request.groups ?? .blocks == .blocks, "has blocks of a row: the granularity is per_block")
    try demand(
      request.formulas != .coreaiOpt || type.takesReference,
      "cannot hold what coreai-opt's formulas give")
  }
}

extension GGMLType {
  /// The type as it stands in names of files.
  fileprivate var variant: String { rawValue.lowercased() }
}

extension LayoutRequest {
  /// Whether it says anything of how to quantize.
  fileprivate var saysHow: Bool {
    bits != nil || groupSize != nil || dtype != nil || scheme != nil || groups != nil
      || blockSizes != nil || formulas != nil
  }

  /// Whether a spec is of the type, the width and the scheme that it asks for; without sign is what GGUF calls
  /// integers of less than a byte.
  fileprivate func describes(_ spec: QuantizationSpec) -> Bool {
    (dtype?.isInteger ?? spec.dtype.isInteger) == spec.dtype.isInteger
      && [bits, dtype?.bitWidth].allSatisfy { $0 ?? spec.dtype.bitWidth == spec.dtype.bitWidth }
      && scheme ?? spec.scheme == spec.scheme
  }
}
