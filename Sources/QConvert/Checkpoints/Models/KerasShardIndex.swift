/// The contents of a `*.weights.json`, by which Keras splits the variables of a model among files: which
/// files hold those of a layer.
///
///     {"metadata": {"total_size": 106088.0},
///      "weight_map": {"/layers/dense/vars": "model_00000.weights.h5",
///                     "/optimizer/vars": ["model_00000.weights.h5", "model_00001.weights.h5"]}}
///
/// Names of files never lead out of the directory of the index.
struct KerasShardIndex: Sendable {
  static let suffix = ".weights.json"

  /// Every group, without the slash in front, with its files, in the order of the text.
  private(set) var weightMap: [(group: TensorName, shards: [String])] = []

  /// Parses the text of an index.
  ///
  /// - Throws: ``ShardIndexError`` at the first rule that is broken.
  init(parsing text: [UInt8]) throws {
    do {
      try read(text)
    } catch JSONError.duplicateName(let group, _) {
      throw ShardIndexError.tensorTwice(group)
    } catch let error as JSONError {
      throw ShardIndexError.text(error)
    }
  }

  /// The names of all files, in the order of their bytes.
  var shards: [TensorName] {
    Set(weightMap.flatMap { $0.shards.map { TensorName($0) } }).sorted()
  }

  private mutating func read(_ text: [UInt8]) throws {
    var reader = JSONReader(text)
    guard try reader.peek() == UInt8(ascii: "{") else { throw ShardIndexError.notAnObject }
    var hasWeightMap = false
    try reader.readObject { reader, name in
      guard name == "weight_map" else {
        _ = try JSONValue(from: &reader)
        return
      }
      hasWeightMap = true
      guard try reader.peek() == UInt8(ascii: "{") else {
        throw ShardIndexError.weightMapNotAnObject
      }
      try reader.readObject { reader, name in
        let group = TensorName(name.hasPrefix("/") ? String(name.dropFirst()) : name)
        weightMap.append((group, try Self.shards(of: group, JSONValue(from: &reader))))
      }
    }
    try reader.expectEnd()
    guard hasWeightMap else { throw ShardIndexError.noWeightMap }
    guard !weightMap.isEmpty else { throw ShardIndexError.emptyWeightMap }
  }

  /// The files of a group: a name or several.
  private static func shards(
    of group: TensorName, _ value: JSONValue
  ) throws(ShardIndexError) -> [String] {
    let names = (value.elements ?? [value]).compactMap(\.string)
    guard !names.isEmpty, names.count == value.elements?.count ?? 1 else {
      throw .shardNotText(group)
    }
    for name in names {
      if let flaw = ShardNameFlaw(in: name) {
        throw .shardName(group, TensorName(name), flaw)
      }
    }
    return names
  }
}
