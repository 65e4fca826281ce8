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
      guard FloatPrecision(tensor.dtype) != nil, tensor.shape.count >= 2, tensor.byteCount > 0
      else { continue }
      alike[Kind(dtype: tensor.dtype, shape: tensor.shape), default: []].append(source)
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
      fingerprint.add(try source.bytes(0..<min(4096, source.descriptor.byteCount)))
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

extension StoredTensor {
  fileprivate func hasBytes(of other: StoredTensor) throws -> Bool {
    for range in (0..<descriptor.byteCount).chunks(of: 1 << 20) {
      guard try bytes(range) == other.bytes(range) else { return false }
    }
    return true
  }
}
