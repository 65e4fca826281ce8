/// What a GGUF output takes over from the GGUF file that its tensors come from: the metadata, but for what it
/// says of the file.
struct GGUFTemplate {
  /// The version of the blocks' formats, which has been 2 since they were changed last.
  private static let quantizationVersion: UInt32 = 2
  private static let architectureKey = "general.architecture"

  /// The metadata in order. What is set here comes before texts of the same name.
  var pairs: [GGUFPair] = []
  /// Whether the tensors come from a GGUF file.
  private var isOfGGUF = false

  /// A file without entries: where they go, and what stands before them.
  struct Outline {
    let header: [UInt8]
    let places: [Range<Int>]
    let byteCount: Int
    let warnings: [String]
  }

  /// What the files of a model have; nothing where the tensors come from elsewhere.
  ///
  /// - Parameters:
  ///   - model: The input.
  ///   - architecture: What the output says in `general.architecture`; nil for what the input says.
  ///   - defaultArchitecture: What it says where neither does.
  /// - Throws: ``StorageError`` where a long value cannot be read.
  init(
    of model: Model?, architecture: String? = nil, defaultArchitecture: String? = nil
  ) throws {
    var keys = Set<TensorName>()
    let checkpoints = model?.shards.map(\.checkpoint) ?? []
    isOfGGUF = !checkpoints.isEmpty && checkpoints.allSatisfy { $0.gguf != nil }
    for checkpoint in checkpoints {
      for pair in checkpoint.gguf ?? []
      where pair.key != TensorName(GGUFHeader.alignmentKey)
        && !MetadataEntry.ownNames.contains(pair.key.string) && keys.insert(pair.key).inserted
      {
        pairs.append(GGUFPair(pair.key.string, try pair.value.whole(in: checkpoint.file)))
      }
    }
    let isKnown = keys.contains(TensorName(Self.architectureKey))
    if let architecture = architecture ?? (isKnown ? nil : defaultArchitecture) {
      pairs.set(Self.architectureKey, .string(architecture))
    }
  }

  /// The file with these entries, and texts under the names that have no value yet.
  ///
  /// - Throws: ``PlanError`` for an entry that a GGUF file cannot hold, ``GGUFError``.
  func outline(_ entries: [OutputEntry], metadata: [MetadataEntry]) throws -> Outline {
    let items = try entries.map { entry in
      guard let type = entry.blockType ?? GGMLType(entry.dtype) else {
        throw PlanError.ggufCannotHold(entry.name, entry.dtype)
      }
      let shape = entry.elementShape
      guard shape.count <= GGUFHeader.rankLimit else {
        throw PlanError.ggufRankTooHigh(entry.name, shape.count)
      }
      return GGUFHeader.Item(
        name: entry.name, type: type, shape: shape, byteCount: entry.byteCount)
    }
    var pairs = pairs
    // Where nothing was quantized, what the input says still holds, and what it does not say is not missed.
    if !isOfGGUF || !entries.allSatisfy({ $0.content == .original }) {
      let blocks = zip(entries, items).filter { $0.0.content == .blocks }.map(\.1)
      let type = Self.fileType(of: blocks.isEmpty ? items : blocks)
      pairs.set(GGUFPair.fileTypeKey.string, type.map(GGUFValue.uint32))
      pairs.set(GGUFPair.quantizationVersionKey.string, .uint32(Self.quantizationVersion))
    }
    var keys = Set(pairs.map(\.key))
    keys.insert(TensorName(GGUFHeader.alignmentKey))
    var warnings: [String] = []
    for entry in metadata {
      if entry.name.isEmpty {
        warnings.append("metadata without a name is left out: a GGUF file has none")
      } else if keys.insert(TensorName(entry.name)).inserted {
        pairs.append(GGUFPair(entry.name, .string(entry.value)))
      }
    }
    let (header, places) = try GGUFHeader.bytes(of: items, pairs: pairs)
    if let long = items.first(where: { $0.name.string.utf8.count >= GGUFHeader.ggmlNameLimit }) {
      warnings.append(
        "llama.cpp reads no names of \(GGUFHeader.ggmlNameLimit) bytes and more, as \(long.name)")
    }
    if let scalar = items.first(where: { $0.type == .bfloat16 && $0.shape.isEmpty }) {
      warnings.append("gguf-py 0.19 reads no file with a scalar of type BF16, as \(scalar.name)")
    }
    return Outline(
      header: header, places: places,
      byteCount: GGUFHeader.padded(places.last?.upperBound ?? header.count), warnings: warnings)
  }

  /// The type that most elements of these weights have; nil where there is no word for it.
  private static func fileType(of items: [GGUFHeader.Item]) -> UInt32? {
    var counts: [GGMLType: Int] = [:]
    let weights = items.filter { $0.shape.count > 1 }
    for item in weights.isEmpty ? items : weights {
      counts[item.type, default: 0] += item.shape.reduce(1, *)
    }
    return counts.max { ($0.value, $1.key.id) < ($1.value, $0.key.id) }?.key.fileType
  }
}

extension [GGUFPair] {
  /// Gives a key a value, in the place of one that it had, else at the front; nil takes it away.
  fileprivate mutating func set(_ key: String, _ value: GGUFValue?) {
    let index = firstIndex { $0.key == TensorName(key) }
    if let index { remove(at: index) }
    if let value { insert(GGUFPair(key, value), at: index ?? 0) }
  }
}
