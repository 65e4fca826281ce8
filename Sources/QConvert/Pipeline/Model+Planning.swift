import SystemPackage

extension Model {
  /// All tensors, shard by shard.
  var storedTensors: [StoredTensor] { tensorsOfShards.flatMap(\.self) }

  /// The tensors of every shard.
  private var tensorsOfShards: [[StoredTensor]] {
    dequantized?.shards
      ?? shards.map { shard in
        shard.checkpoint.tensors.map {
          StoredTensor(file: shard.checkpoint.data, descriptor: $0)
        }
      }
  }

  /// The directory, or the file.
  var places: [FilePath] { directory.map { [$0] } ?? files.map(\.path) }

  /// The checkpoint files.
  var files: [InputFile] { shards.map(\.checkpoint.file) }

  /// The metadata of all shards, what they agree on once.
  var keptMetadata: [MetadataEntry] { metadata(ofShards: Array(shards.indices)) }

  /// What a user should know of the input.
  var allWarnings: [String] {
    var all = warnings
    for shard in shards {
      let name = shards.count == 1 && directory == nil ? "" : "\(TensorName(shard.name)): "
      all += shard.checkpoint.warnings.map { name + $0 }
    }
    let leftOut = leftOut.filter { !$0.hasSuffix(".safetensors") }
    if !leftOut.isEmpty {
      let names = leftOut.prefix(5).map { "\(TensorName($0))" }.joined(separator: ", ")
      let more = leftOut.count > 5 ? " and \(leftOut.count - 5) more" : ""
      all.append("not copied, as weights in another format: \(names)\(more)")
    }
    if let dequantized {
      all.append(
        "\(dequantized.count) weights are quantized already (\(dequantized.layout.name)): the floats that they stand for are converted"
      )
    } else if let quantizationMethod {
      all.append(
        "config.json says that the weights are quantized (\(TensorName(quantizationMethod))), and is copied as it is"
      )
    }
    return all
  }

  /// What is taken for granted about axes that nothing tells.
  var assumption: String? {
    shards.count > 1 ? keras?.assumption : shards.first?.checkpoint.assumption
  }

  /// The datasets that a safetensors output leaves out.
  var leftOutDatasets: [String] {
    shards.flatMap(\.checkpoint.otherDatasets).map {
      "dataset \($0.path) is no tensor, left out: \($0.words)"
    }
  }

  /// The metadata of GGUF files that outputs of other formats leave out, as a warning.
  var leftOutPairs: [String] {
    let names = shards.flatMap { shard in
      (shard.checkpoint.gguf ?? []).filter { $0.entry == nil && !$0.isOfFile }.map(\.key)
    }
    guard !names.isEmpty else { return [] }
    let listed = names.prefix(5).map { "\($0)" }.joined(separator: ", ")
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    return ["metadata left out, as only GGUF files have arrays and long texts: \(listed)\(more)"]
  }

  /// Whether it is a GGUF file that stands for itself.
  var isGGUF: Bool { directory == nil && shards.first?.checkpoint.gguf != nil }

  /// Demands that no shard is an output of this library.
  func demandFloats() throws {
    for shard in shards where try shard.checkpoint.quantizationRecord()?.tensors.isEmpty == false {
      throw CheckpointError(path: shard.checkpoint.path, reason: RecordError.alreadyQuantized)
    }
  }

  /// The index of every tensor's shard.
  var shardOfTensor: [Int] {
    tensorsOfShards.enumerated().flatMap { index, tensors in
      [Int](repeating: index, count: tensors.count)
    }
  }
}

extension Model {
  /// The metadata of these shards together, without a record, which is of other files than the output's; where
  /// they disagree, the first is kept.
  func metadata(ofShards sources: [Int]) -> [MetadataEntry] {
    var merged: [MetadataEntry] = []
    for source in sources {
      for entry in shards[source].checkpoint.entries
      where entry.name != QuantizationRecord.metadataName
        && dequantized?.layout.describesCodes(entry) != true
        && !merged.contains(where: { $0.name == entry.name })
      {
        merged.append(entry)
      }
    }
    return merged
  }

  /// The metadata names under which shards say different things.
  var disputedMetadata: [String] {
    var known: [String: String] = [:]
    var disputed: [String] = []
    for entry in shards.flatMap(\.checkpoint.entries) {
      if let value = known[entry.name] {
        if value != entry.value, !disputed.contains(entry.name) { disputed.append(entry.name) }
      } else {
        known[entry.name] = entry.value
      }
    }
    return disputed
  }

  /// What the name of a checkpoint file or its index begins with: `model`.
  var stem: String {
    let own = directory == nil ? path.lastComponent?.string : shards.first?.name
    let name = indexName ?? own ?? ""
    let endings = [
      ".safetensors.index.json", ".safetensors", ".weights.json", ".weights.h5", ".h5", ".hdf5",
      ".keras", ".gguf",
    ]
    for ending in endings where name.hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return name.isEmpty ? "model" : name
  }
}
