import Fixtures
import Foundation
import SystemPackage
import Testing

/// New shards by size.
@Suite struct ShardSizeTests {
  let directory: TemporaryDirectory
  let model: FilePath
  let output: FilePath
  /// What the conversion of one file gives.
  let merged: FilePath
  let expected: [String: SafetensorsFile.Tensor]

  init() throws {
    directory = try TemporaryDirectory()
    model = try ShardedModel.twelve.write(to: directory.path("model"))
    output = directory.path("out")
    merged = try directory.write(
      SafetensorsFile.bytes(ShardedModel.twelve.tensors, metadata: ["format": "pt"]),
      to: "tiny.safetensors")
    let single = directory.path("single.safetensors")
    _ = try Tool.run(merged.string, "-o", single.string, "--quiet", "--sync", "none")
    expected = try SafetensorsFile(single).tensors
    try single.remove()
  }

  private func convert(_ input: FilePath, _ size: String) throws -> StoredShards {
    let result = try Tool.run(
      input.string, "-o", output.string, "--shard-size", size, "--quiet", "--sync", "none")
    #expect(result.status == 0)
    #expect(result.errors == "")
    return try StoredShards(output)
  }

  /// Demands the same tensors in shards that the index names.
  private func check(_ shards: StoredShards, count: Int) throws {
    #expect(shards.tensors == expected)
    #expect(shards.repeated == [])
    #expect(shards.metadata.keys.sorted() == ShardedModel.names(count))
    let index = try output.appending("model.safetensors.index.json").json
    #expect(index["weight_map"] as? [String: String] == shards.shardOfTensor)
    let metadata = index["metadata"] as? [String: Any]
    #expect(metadata?["total_size"] as? Int == shards.byteCount)
    for values in shards.metadata.values { #expect(values["format"] == "pt") }
  }

  @Test func `few shards are filled up to the size`() throws {
    let shards = try convert(model, "20K")
    let names = shards.metadata.keys.sorted()
    try check(shards, count: names.count)
    #expect((3..<6).contains(names.count))
    for name in names { #expect(shards.byteCount(in: name) <= 20 << 10) }
    // The next shard begins because its first tensor would have been too much.
    for (name, next) in zip(names, names.dropFirst()) {
      let first = ShardedModel.twelve.tensors.map(\.0).first { shards.shardOfTensor[$0] == next }
      let name = (try #require(first), shards.byteCount(in: name))
      let added = shards.tensors.filter { $0.key.hasPrefix(name.0) }
      #expect(name.1 + added.values.reduce(0) { $0 + $1.bytes.count } > 20 << 10)
    }
    for (name, text) in ShardedModel.twelve.companions {
      #expect(try output.appending(name).bytes == Array(text.utf8), "\(name)")
    }
  }

  @Test func `the least size gives every tensor a shard of its own`() throws {
    let shards = try convert(model, "1")
    try check(shards, count: ShardedModel.twelve.tensors.count)
    for (name, number) in zip(ShardedModel.twelve.tensors.map(\.0), 1...) {
      let shard = try #require(shards.shardOfTensor[name])
      #expect(shard.hasPrefix(String(format: "model-%05d-", number)))
      #expect(shards.shardOfTensor[name + "_scale"] ?? shard == shard)
    }
  }

  @Test(arguments: ["1G", "70000"])
  func `what fits in one shard needs no index`(_ size: String) throws {
    let shards = try convert(model, size)
    #expect(shards.metadata.keys.sorted() == ["model.safetensors"])
    #expect(shards.tensors == expected)
    let companions = ShardedModel.twelve.companions.keys
    #expect(
      try output.sizes.keys.filter { !$0.hasPrefix("1_Pooling") }.sorted()
        == (companions + ["model.safetensors"]).filter { !$0.hasPrefix("1_Pooling") }.sorted())
    #expect(try Tool.run("verify", output.string, "--against", model.string).status == 0)
  }

  @Test func `a file becomes a directory of shards with its name`() throws {
    let result = try Tool.run(
      "tiny.safetensors", "--shard-size", "40K", "--quiet", "--sync", "none", in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    let shards = try StoredShards(directory.path("tiny.int8"))
    #expect(shards.tensors == expected)
    #expect(shards.repeated == [])
    #expect(
      try directory.path("tiny.int8").names == [
        "tiny-00001-of-00002.safetensors", "tiny-00002-of-00002.safetensors",
        "tiny.safetensors.index.json",
      ])
  }

  @Test(arguments: [
    ["--shard-size", "0"], ["--shard-size", "x"], ["--shard-size", "-1"],
    ["--shard-size", "1M", "--buffers", "separate"], ["--shard-size", "1M", "-o", "o.safetensors"],
  ])
  func `sizes that mean nothing are refused`(_ options: [String]) throws {
    let result = try Tool.run(["model"] + options, in: directory.url)
    #expect(result.status == 64)
    #expect(result.isOneLineOfErrors)
    #expect(try directory.contents == ["model", "tiny.safetensors"])
  }
}
