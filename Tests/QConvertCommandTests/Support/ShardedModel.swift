import Fixtures
import Foundation
import SystemPackage

/// A model in shards, and what goes with it.
struct ShardedModel: Sendable {
  typealias Tensor = SafetensorsFile.Tensor

  /// The tensors of every shard, in their order.
  let shards: [[(String, Tensor)]]
  /// The other files with their texts.
  var companions = [
    "config.json": #"{"model_type": "sample"}"#,
    "tokenizer.json": #"{"version": "1.0", "model": {"vocab": {"ü": 0}}}"#,
    "empty.txt": "",
    "1_Pooling/config.json": #"{"pooling_mode_mean_tokens": true}"#,
  ]

  /// Twelve shards with matrices of several types and sizes, vectors, integers; 150 kB.
  static let twelve = ShardedModel(
    shards: (0..<12).map { shard in
      let base = "model.layers.\(shard)"
      var tensors: [(String, Tensor)] = [
        ("\(base).mlp.weight", .halves(shape: [48, 64], seed: shard)),
        ("\(base).norm.weight", .halves("F16", shape: [64], seed: 100 + shard)),
      ]
      switch shard {
      case 4:
        let floats = (0..<12_288).map { Float($0 * 7919 % 10_007 - 5000) / 4096 }
        tensors.append(("\(base).wide.weight", Tensor(shape: [96, 128], floats: floats)))
      case 5: tensors.append(("steps", Tensor(dtype: "I64", shape: [1], bytes: [7] + zeros(7))))
      case 7: tensors.insert(("head.weight", .halves("F16", shape: [5, 64], seed: 200)), at: 0)
      case 9: tensors = [("\(base).norm.bias", .halves(shape: [3], seed: 201))]
      default: break
      }
      return tensors
    })

  /// Eight shards of 1 MB each, which take a while.
  static let eight = ShardedModel(
    shards: (0..<8).map { shard in
      [("layers.\(shard).weight", .halves(shape: [512, 1024], seed: shard))]
    }, companions: ["config.json": "{}"])

  /// Four shards of a matrix each; the last is much larger than the others.
  static let uneven = ShardedModel(
    shards: (0..<4).map { shard in
      [("layers.\(shard).weight", .halves(shape: [shard == 3 ? 4096 : 16, 64], seed: shard))]
    },
    companions: [
      "config.json": "{ }", "merges.txt": "a b\n", "1_Pooling/config.json": "{ }",
    ])

  /// Two shards with a matrix and a vector each.
  static func small(seed: Int) -> ShardedModel {
    ShardedModel(
      shards: (0..<2).map { shard in
        [
          ("layers.\(shard).weight", .halves(shape: [24, 32], seed: seed + 2 * shard)),
          ("layers.\(shard).bias", .halves(shape: [24], seed: seed + 2 * shard + 1)),
        ]
      }, companions: ["config.json": "{}"])
  }

  /// What the shards are called.
  var shardNames: [String] { Self.names(shards.count) }

  /// What shards are called when there are so many.
  static func names(_ count: Int) -> [String] {
    (1...count).map {
      String(format: "model-%05d-of-%05d.safetensors", $0, count)
    }
  }

  /// All tensors, shard by shard.
  var tensors: [(String, Tensor)] { shards.flatMap(\.self) }

  /// Writes a directory.
  @discardableResult
  func write(to directory: FilePath) throws -> FilePath {
    var weightMap: [String: String] = [:]
    for (name, tensors) in zip(shardNames, shards) {
      for (tensor, _) in tensors { weightMap[tensor] = name }
      try directory.appending(name).write(
        SafetensorsFile.bytes(tensors, metadata: ["format": "pt", "origin": "a sample"]))
    }
    let size = tensors.reduce(0) { $0 + $1.1.bytes.count }
    let index: [String: Any] = [
      "metadata": ["total_size": size, "origin": "a sample"], "weight_map": weightMap,
    ]
    try directory.appending("model.safetensors.index.json").write(
      JSONSerialization.data(withJSONObject: index, options: .sortedKeys))
    try writeCompanions(to: directory)
    return directory
  }

  /// Writes a directory with all tensors in one file.
  @discardableResult
  func writeMerged(to directory: FilePath) throws -> FilePath {
    try directory.appending("model.safetensors").write(
      SafetensorsFile.bytes(tensors, metadata: ["format": "pt", "origin": "a sample"]))
    try writeCompanions(to: directory)
    return directory
  }

  private func writeCompanions(to directory: FilePath) throws {
    for (name, text) in companions { try directory.appending(name).write(text.utf8) }
  }

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }
}

extension SafetensorsFile.Tensor {
  /// A tensor of two bytes an element, from about -2 to 2, that a seed makes different from others.
  static func halves(_ dtype: String = "BF16", shape: [Int], seed: Int) -> Self {
    let count = 2 * shape.reduce(1, *)
    var state = UInt64(seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
    var block: [UInt8] = []
    // A block that is repeated: not a multiple of usual row lengths.
    while block.count < min(count, 65_534) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let bits = UInt8(truncatingIfNeeded: state >> 40)
      block += [UInt8(truncatingIfNeeded: state >> 32), 0x3c | bits & 0x83]
    }
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += block }
    return Self(dtype: dtype, shape: shape, bytes: Array(bytes.prefix(count)))
  }
}

/// The tensors in the safetensors files of a directory, with the names of the files that hold them.
struct StoredShards {
  private(set) var tensors: [String: SafetensorsFile.Tensor] = [:]
  private(set) var shardOfTensor: [String: String] = [:]
  private(set) var metadata: [String: [String: String]] = [:]
  /// Tensors that are in more than one file.
  private(set) var repeated: [String] = []

  init(_ directory: FilePath) throws {
    for name in try directory.names where name.hasSuffix(".safetensors") {
      let file = try SafetensorsFile(directory.appending(name))
      metadata[name] = file.metadata
      for (tensor, value) in file.tensors {
        if shardOfTensor.updateValue(name, forKey: tensor) != nil { repeated.append(tensor) }
        tensors[tensor] = value
      }
    }
  }

  /// The bytes of all tensors.
  var byteCount: Int { tensors.values.reduce(0) { $0 + $1.bytes.count } }

  /// The bytes of the tensors of a file.
  func byteCount(in shard: String) -> Int {
    tensors.reduce(0) { $0 + (shardOfTensor[$1.key] == shard ? $1.value.bytes.count : 0) }
  }
}
