extension QuantizationRecord {
  /// A model that compressed-tensors has stored: every weight with a scale, in the format that its tensors have.
  init(compressedTensors settings: JSONValue, of model: Model) throws(RecordError) {
    let stored = model.shards.flatMap { shard in
      shard.checkpoint.tensors.map {
        StoredTensor(file: shard.checkpoint.data, descriptor: $0)
      }
    }
    let known = Dictionary(
      stored.map { ($0.descriptor.name, $0) }, uniquingKeysWith: { first, _ in first })
    let schemes = (settings["config_groups"]?.members ?? []).map {
      CompressedTensorsScheme($0.value, settings["format"]?.string)
    }
    if let sparse = stored.first(where: { $0.descriptor.name.isOfSparseWeight }) {
      let sparsity = settings["sparsity_config"]?["format"]?.string
      throw .unsupportedMode(
        sparse.descriptor.name, sparsity ?? settings["format"]?.string ?? "sparse")
    }
    var found: [Tensor] = []
    var isPacked: Bool?
    for scale in stored where scale.descriptor.name.string.hasSuffix(".weight_scale") {
      let module = scale.descriptor.name.module
      let weight = CompressedTensorsWeight(
        name: TensorName("\(module).weight"), scale: scale.descriptor, known)
      // Without rotations there may be an empty one.
      if settings["transform_config"]?["config_groups"]?.members?.isEmpty == false {
        throw .unsupportedMode(weight.name, "with rotations (transform_config)")
      }
      guard
        let scheme = schemes.first(where: { $0.names(module) })
          ?? schemes.first(where: \.isForAllLinear)
      else { throw .mismatchedEntry(scale.descriptor.name) }
      let format = try weight.format(scheme)
      if format.isInteger {
        guard isPacked ?? (format == .packed) == (format == .packed) else {
          throw .differingLayouts
        }
        isPacked = format == .packed
      }
      found.append(try weight.recorded(format, scheme, in: model.precision))
    }
    self.init(
      layout: CompressedTensorsLayout().name, isPacked: isPacked ?? true, tensors: found,
      isRecorded: false)
  }
}

/// What a group of the configuration says.
private struct CompressedTensorsScheme {
  let targets: [String]
  let arguments: JSONValue?
  let format: String?

  init(_ group: JSONValue, _ format: String?) {
    targets = group["targets"]?.elements?.compactMap(\.string) ?? []
    arguments = group["weights"]
    self.format = group["format"]?.string ?? format
  }

  /// Whether a module is one of those named, or matches a pattern.
  func names(_ module: String) -> Bool {
    targets.contains { target in
      guard target.hasPrefix("re:") else { return target == module }
      guard let pattern = try? Regex(String(target.dropFirst(3))) else { return false }
      return module.prefixMatch(of: pattern) != nil
    }
  }

  var isForAllLinear: Bool { targets.contains("Linear") }
}

/// A weight with the tensors beside it.
private struct CompressedTensorsWeight {
  let name: TensorName
  let scale: TensorDescriptor
  let packed: StoredTensor?
  let plain: StoredTensor?
  let shape: StoredTensor?
  let isAsymmetric: Bool
  let hasGlobalScale: Bool
  let hasOrder: Bool
  /// What is of activations, and has no meaning for floats.
  let others: [OutputEntry]

  init(name: TensorName, scale: TensorDescriptor, _ known: [TensorName: StoredTensor]) {
    func beside(_ ending: String) -> StoredTensor? { known[TensorName(name.string + ending)] }
    self.name = name
    self.scale = scale
    packed = beside("_packed")
    plain = known[name]
    shape = beside("_shape")
    isAsymmetric = beside("_zero_point") != nil
    hasGlobalScale = beside("_global_scale") != nil
    hasOrder = beside("_g_idx") != nil
    others = Self.activationParameters.compactMap { parameter in
      known[TensorName("\(name.module).\(parameter)")].map {
        OutputEntry(
          $0.descriptor.name.string, $0.descriptor.dtype, $0.descriptor.shape, .constant([]))
      }
    }
  }

  private static let activationParameters = [
    "input_scale", "input_zero_point", "input_global_scale",
    "output_scale", "output_zero_point", "output_global_scale",
  ]

  /// The format that the tensors have, whatever else a configuration says.
  func format(_ scheme: CompressedTensorsScheme) throws(RecordError) -> CompressedTensorsFormat {
    if hasOrder { throw .unsupportedMode(name, "with groups in another order (g_idx)") }
    switch (packed?.descriptor.dtype, plain?.descriptor.dtype) {
    case (.int32, _) where shape != nil:
      if let bits = scheme.arguments?["num_bits"]?.integer, ![4, 8].contains(bits) {
        throw .unsupportedMode(name, "pack-quantized of \(bits) bits")
      }
      return .packed
    case (.uint8, _) where scheme.format != "mxfp6-pack-quantized":
      return hasGlobalScale ? .nvfp4 : .mxfp4
    case (nil, .int8): return .int
    case (nil, .float8E4M3): return scale.dtype == .uint8 ? .mxfp8 : .float
    default: throw .unsupportedMode(name, scheme.format ?? "")
    }
  }

  /// The weight as it was before it was quantized, and how it was.
  func recorded(
    _ format: CompressedTensorsFormat, _ scheme: CompressedTensorsScheme,
    in model: FloatPrecision?
  ) throws(RecordError) -> QuantizationRecord.Tensor {
    guard let original = try originalShape(format), original.count == 2,
      original.allSatisfy({ 1..<SafetensorsHeader.dimensionLimit ~= $0 }),
      original[0].multipliedFullWidth(by: original[1]).high == 0,
      let bits = format.isInteger ? scheme.arguments?["num_bits"]?.integer : format.bits,
      let granularity = granularity(format, scheme, of: original),
      let spec = format.spec(
        bits: bits, scheme: isAsymmetric ? .asymmetric : .symmetric, granularity),
      let precision = model ?? FloatPrecision(scale.dtype) ?? .some(.bfloat16)
    else { throw .mismatchedEntry(name) }
    let layout = CompressedTensorsLayout(isPacked: format == .packed)
    let block = (try? granularity.blockShape(for: original, isRagged: true)) ?? original
    let tensor = QuantizedTensor(
      name: name, precision: precision, shape: original, view: original, spec: spec,
      grid: zip(original, block).map { ($0 + $1 - 1) / $1 }, layer: nil)
    guard let entries = try? layout.entries(for: tensor) else { throw .mismatchedEntry(name) }
    return .init(
      name: name, precision: precision, shape: original, spec: spec,
      // Scales may be of another precision than weights are.
      entries: entries.map { entry in
        entry.content == .scale && FloatPrecision(scale.dtype) != nil
          ? OutputEntry(entry.name.string, scale.dtype, scale.shape, .scale) : entry
      } + others)
  }

  private func originalShape(_ format: CompressedTensorsFormat) throws(RecordError) -> [Int]? {
    switch format {
    case .int, .float, .mxfp8: return plain?.descriptor.shape
    case .mxfp4, .nvfp4:
      guard let bytes = packed?.descriptor.shape, bytes.count == 2 else { return nil }
      let (length, overflow) = bytes[1].multipliedReportingOverflow(by: 2)
      return overflow ? nil : [bytes[0], length]
    case .packed:
      guard let shape, shape.descriptor.dtype == .int64, shape.descriptor.shape == [2],
        let bytes = try? shape.bytes(0..<16)
      else { throw .mismatchedEntry(name) }
      return [bytes[..<8], bytes[8...]].map { Int(littleEndian: $0) }
    }
  }

  private func granularity(
    _ format: CompressedTensorsFormat, _ scheme: CompressedTensorsScheme, of shape: [Int]
  ) -> Granularity? {
    if let size = format.groupSize { return .perBlock(axis: 1, size: size) }
    switch scheme.arguments?["strategy"]?.string {
    case "tensor": return .perTensor
    case "channel": return .perChannel(axis: 0)
    case "group":
      return scheme.arguments?["group_size"]?.integer.map { .perBlock(axis: 1, size: $0) }
    case "block": return scheme.arguments?["block_structure"]?.shape.map { .perBlocks($0) }
    case nil where scale.elementCount == 1: return .perTensor
    case nil where scale.shape == [shape[0], 1]: return .perChannel(axis: 0)
    default: return nil
    }
  }
}

extension TensorName {
  /// Whether it tells where the values of a sparse weight are, or holds values without a scale of the name
  /// that dense ones have.
  fileprivate var isOfSparseWeight: Bool {
    ["bitmask", "row_offsets", "scale_packed"].contains(parameter)
  }
}

extension Int {
  /// The number of eight bytes, the lowest first.
  fileprivate init(littleEndian bytes: ArraySlice<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
