extension KerasLayout {
  /// The modes of `model.quantize` that shrink a file.
  public var variants: [String] { ["int8", "int4"] }

  /// The elements of a block of int4 where nothing else is said: the default of `Int4QuantizationConfig`.
  private static let defaultGroupSize = 128

  /// The spec of a mode: int8 in channels; int4 in blocks, or in channels where the group size is -1.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    let variant = request.variant ?? request.dtype?.rawValue ?? variants[0]
    guard variants.contains(variant) else {
      throw .unknownVariant(layout: name, variant, known: variants)
    }
    if let dtype = request.dtype, dtype.rawValue != variant {
      throw .contradiction(layout: name, "\(dtype.rawValue) is not the variant \(variant)")
    }
    if request.groups == .tensor {
      throw .contradiction(layout: name, "it has no scales of whole tensors")
    }
    let size = try groupSize(request, of: variant)
    let scheme: QuantizationScheme = size == nil ? .symmetric : .asymmetric
    if let given = request.scheme, given != scheme,
      !(given == .symmetricWithClipping && variant == "int8")
    {
      throw .contradiction(
        layout: name,
        "\(size == nil ? "channels" : "blocks") are \(scheme.rawValue), not \(given.rawValue)")
    }
    do {
      return try QuantizationSpec(
        dtype: variant == "int8" ? .int8 : .int4, scheme: scheme,
        granularity: size.map { .perBlock(axis: nil, size: $0) } ?? .perChannel(axis: nil))
    } catch {
      throw .contradiction(layout: name, "\(error)")
    }
  }

  /// The elements of a block; nil for channels.
  private func groupSize(
    _ request: LayoutRequest, of variant: String
  ) throws(LayoutError) -> Int? {
    let given = [request.groupSize.map { [$0] }, request.blockSizes].compactMap(\.self)
    if let sizes = given.first, sizes.count > 1 || given.contains(where: { $0 != sizes }) {
      throw .contradiction(layout: name, "it takes one size of groups")
    }
    let byDefault = variant == "int4" && request.groups != .channels ? Self.defaultGroupSize : -1
    let size = given.first?.first ?? byDefault
    guard size > 0 || size == -1 else {
      throw .contradiction(layout: name, "a group size is positive, or -1 for channels")
    }
    if variant == "int8", size > 0 || request.groups == .blocks {
      throw .contradiction(layout: name, "int8 has one scale a channel; blocks are for int4")
    }
    if size > 0 && request.groups == .channels || size < 0 && request.groups == .blocks {
      throw .contradiction(layout: name, "a group size of \(size) does not go with the granularity")
    }
    return size > 0 ? size : nil
  }
}
