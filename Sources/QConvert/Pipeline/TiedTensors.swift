/// Weights that a model holds more than once, and those that it uses in two places.
struct TiedTensors {
  /// Groups of float tensors with two or more axes and the same bytes, in the order of the model.
  let groups: [[TensorName]]
  private let sharedEmbedding: PlannedTensor?

  /// Compares the tensors of same type and shape: the beginning of each, and to the end where that is
  /// the same.
  init(_ model: Model, _ plan: ConversionPlan) throws {
    var alike: [Kind: [StoredTensor]] = [:]
    for source in model.storedTensors {
      let tensor = source.descriptor
      guard FloatPrecision(tensor.dtype) != nil, tensor.shape.count >= 2, tensor.byteCount > 0,
        source.dequantization == nil
      else { continue }
      let kind = Kind(dtype: tensor.dtype, shape: tensor.shape, blocks: source.compressedForm)
      alike[kind, default: []].append(source)
    }
    var groups: [[TensorName]] = []
    for sources in alike.values where sources.count > 1 {
      groups += try Self.equal(sources)
    }
    self.groups = groups.sorted { $0[0] < $1[0] }
    sharedEmbedding =
      model.tieWordEmbeddings
      ? plan.tensors.first { tensor in
        Self.embeddings.contains { tensor.name.string.hasSuffix($0) }
      } : nil
  }

  /// What a user should know.
  var notes: [String] {
    var notes = groups.map { names in
      let more = names.count > 2 ? " and \(names.count - 2) more" : ""
      return "\(names[0]) and \(names[1])\(more) hold the same bytes: each is stored by itself"
    }
    if let tensor = sharedEmbedding {
      notes.append(
        "config.json ties the word embeddings: \(tensor.name), \(tensor.decision.action), is also the "
          + "output head")
    }
    return notes
  }

  private struct Kind: Hashable {
    let dtype: DType
    let shape: [Int]
    let blocks: BlockStorage?
  }

  private static let embeddings = [
    "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "tok_embeddings.weight",
  ]

  /// As many tensors that begin alike and yet differ are told apart; what follows counts as different
  /// from all, so that no file makes this take a time that grows with the square of its tensors.
  private static let differingLimit = 8

  private static func equal(_ sources: [StoredTensor]) throws -> [[TensorName]] {
    var groups: [[StoredTensor]] = []
    // By how they begin, the indices of the groups.
    var known: [Fingerprint: [Int]] = [:]
    for source in sources {
      var fingerprint = Fingerprint()
      fingerprint.add(try source.start)
      let candidates = known[fingerprint] ?? []
      var found: Int?
      for index in candidates where try groups[index][0].hasBytes(of: source) {
        found = index
        break
      }
      if let found {
        groups[found].append(source)
      } else if candidates.count < differingLimit {
        known[fingerprint, default: []].append(groups.count)
        groups.append([source])
      }
    }
    return groups.filter { $0.count > 1 }.map { $0.map(\.descriptor.name) }
  }
}

/// Compressed tensors are compared as they are stored, which is much faster than decoding them: what was
/// compressed in the same way has the same bytes if it had before.
extension StoredTensor {
  /// How compressed blocks are stored, but for where; nil for tensors that are stored otherwise.
  fileprivate var compressedForm: BlockStorage? {
    guard case .encoded(.blocks(let blocks)) = descriptor.storage, !blocks.filters.isEmpty
    else { return nil }
    return BlockStorage(
      shape: blocks.shape, blockShape: blocks.blockShape, elementSize: blocks.elementSize,
      filters: blocks.filters,
      blocks: blocks.blocks.mapValues {
        BlockStorage.Block(bytes: 0..<$0.bytes.count, skippedFilters: $0.skippedFilters)
      },
      fill: blocks.fill)
  }

  /// Enough to tell weights apart; of 100,000 tensors, not much to read.
  private static let startLength = 512

  /// The first bytes.
  fileprivate var start: [UInt8] {
    get throws {
      guard compressedForm != nil else {
        return try bytes(0..<min(Self.startLength, descriptor.byteCount))
      }
      guard let first = storedBlocks.first else { return [] }
      return try file.bytes(
        first.lowerBound..<min(first.lowerBound + Self.startLength, first.upperBound))
    }
  }

  fileprivate func hasBytes(of other: StoredTensor) throws -> Bool {
    if compressedForm != nil {
      for (own, others) in zip(storedBlocks, other.storedBlocks) {
        for (own, others) in zip(own.chunks(of: 1 << 20), others.chunks(of: 1 << 20)) {
          guard try file.bytes(own) == other.file.bytes(others) else { return false }
        }
      }
      return true
    }
    for range in (0..<descriptor.byteCount).chunks(of: 1 << 20) {
      guard try bytes(range) == other.bytes(range) else { return false }
    }
    return true
  }

  /// Where blocks are in the file, in the order of the grid.
  private var storedBlocks: [Range<Int>] {
    blocks?.blocks.sorted { $0.key < $1.key }.map(\.value.bytes) ?? []
  }
}
