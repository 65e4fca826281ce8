/// The contents of a `*.safetensors.index.json`: which file of a model holds which tensor.
///
///     {"metadata": {"total_size": 32},
///      "weight_map": {"a.weight": "model-00001-of-00002.safetensors",
///                     "b.weight": "model-00002-of-00002.safetensors"}}
///
/// The names of files are relative to the directory of the index and never lead out of it.
public struct ShardIndex: Sendable {
  /// Every tensor with its file, in the order of the text.
  public private(set) var weightMap: [(name: TensorName, shard: String)] = []
  /// What is unusual about the text and yet allowed.
  public private(set) var warnings: [String] = []
  /// The metadata in the order of the text.
  private(set) var metadata: [JSONValue.Member] = []
  /// What else the text says; nothing is made of it.
  private(set) var otherMembers: [JSONValue.Member] = []

  /// Parses the text of an index.
  ///
  /// - Throws: ``ShardIndexError`` at the first rule that is broken.
  public init(parsing text: [UInt8]) throws {
    do {
      try read(text)
    } catch let error as JSONError {
      throw ShardIndexError.text(error)
    }
  }

  /// The total size of the tensors that the metadata claims; nil where it claims none.
  var totalSize: JSONValue? { metadata.last { $0.name == "total_size" }?.value }
}

extension ShardIndex {
  private mutating func read(_ text: [UInt8]) throws {
    var reader = JSONReader(text)
    guard try reader.peek() == UInt8(ascii: "{") else { throw ShardIndexError.notAnObject }
    var hasWeightMap = false
    try reader.readObject { reader, name in
      switch name {
      case "weight_map":
        hasWeightMap = true
        try readWeightMap(from: &reader)
      case "metadata":
        switch try JSONValue(from: &reader) {
        case .object(let members): metadata = members
        case .null: break
        default: throw ShardIndexError.metadataNotAnObject
        }
      default:
        otherMembers.append(.init(name: name, value: try JSONValue(from: &reader)))
      }
    }
    try reader.expectEnd()
    guard hasWeightMap else { throw ShardIndexError.noWeightMap }
    guard !weightMap.isEmpty else { throw ShardIndexError.emptyWeightMap }
    if let first = otherMembers.first {
      let others = otherMembers.count == 1 ? "" : " and \(otherMembers.count - 1) more"
      warnings.append("the index has an unknown member \"\(TensorName(first.name))\"\(others)")
    }
  }

  private mutating func readWeightMap(from reader: inout JSONReader) throws {
    guard try reader.peek() == UInt8(ascii: "{") else {
      throw ShardIndexError.weightMapNotAnObject
    }
    // Many tensors share a file, and so the string with its name.
    var shards: [TensorName: String] = [:]
    do {
      try reader.readObject { reader, name in
        let tensor = TensorName(name)
        guard try reader.peek() == UInt8(ascii: "\"") else {
          throw ShardIndexError.shardNotText(tensor)
        }
        let shard = TensorName(try reader.readString())
        if let known = shards[shard] {
          weightMap.append((tensor, known))
        } else {
          if let flaw = ShardNameFlaw(in: shard.string) {
            throw ShardIndexError.shardName(tensor, shard, flaw)
          }
          shards[shard] = shard.string
          weightMap.append((tensor, shard.string))
        }
      }
    } catch JSONError.duplicateName(let tensor, _) {
      throw ShardIndexError.tensorTwice(tensor)
    }
  }
}
