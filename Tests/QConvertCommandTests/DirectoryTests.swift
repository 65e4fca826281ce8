import Fixtures
import Foundation
import SystemPackage
import Testing

/// A model of many shards becomes one with the same shards, and everything that goes with it.
@Suite struct DirectoryTests {
  let directory: TemporaryDirectory
  let model: FilePath
  let output: FilePath
  /// The same tensors in one file, and what becomes of it.
  let merged: FilePath
  let single: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = try ShardedModel.twelve.write(to: directory.path("model"))
    merged = try directory.write(
      SafetensorsFile.bytes(ShardedModel.twelve.tensors, metadata: ["format": "pt"]),
      to: "merged.safetensors")
    output = directory.path("out")
    single = directory.path("single.safetensors")
  }

  /// Converts the directory and the one file alike.
  private func convert(_ options: [String] = []) throws {
    for (input, output) in [(model, output), (merged, single)] {
      let result = try Tool.run(
        [input.string, "-o", output.string, "--quiet", "--sync", "none"] + options)
      #expect(result.status == 0)
      #expect(result.errors == "")
    }
  }

  @Test func `shards keep their names, tensors and metadata, companions their bytes`() throws {
    try convert()
    #expect(try output.sizes.keys.sorted() == model.sizes.keys.sorted())
    for (name, text) in ShardedModel.twelve.companions {
      #expect(try output.appending(name).bytes == Array(text.utf8), "\(name)")
    }
    #expect(try directory.contents == ["merged.safetensors", "model", "out", "single.safetensors"])

    let before = try StoredShards(model)
    let after = try StoredShards(output)
    for name in ShardedModel.twelve.shardNames {
      let metadata = try #require(after.metadata[name])
      #expect(metadata["format"] == "pt")
      #expect(metadata["origin"] == "a sample")
    }
    for (tensor, shard) in before.shardOfTensor {
      #expect(after.shardOfTensor[tensor] == shard, "\(tensor)")
    }
  }

  @Test(arguments: [
    ["--layout", "native"], ["--layout", "coreai"], ["--layout", "coreml"],
    ["--dtype", "int4", "--packed", "--block-size", "32"],
  ])
  func `every tensor is what one file gives, and where the index says`(
    _ options: [String]
  ) throws {
    try convert(options)
    let shards = try StoredShards(output)
    let expected = try SafetensorsFile(single).tensors
    #expect(shards.repeated == [])
    #expect(shards.tensors.keys.sorted() == expected.keys.sorted())
    #expect(shards.tensors.filter { expected[$0.key] != $0.value }.keys.sorted() == [])

    let index = try output.appending("model.safetensors.index.json").json
    let metadata = index["metadata"] as? [String: Any]
    #expect(metadata?["total_size"] as? Int == shards.byteCount)
    #expect(metadata?["origin"] as? String == "a sample")
    #expect(index["weight_map"] as? [String: String] == shards.shardOfTensor)
  }

  @Test func `the bytes do not depend on workers and memory`() throws {
    func convert(_ options: [String]) throws -> [String: Data] {
      let result = try Tool.run(
        [
          model.string, "-o", output.string, "--quiet", "--sync", "none", "--overwrite",
          "--granularity", "per_tensor",
        ] + options)
      #expect(result.status == 0, "\(result.errors)")
      return try output.tree
    }
    let expected = try convert(["--jobs", "1"])
    for options in [
      ["--jobs", "2"], ["--jobs", "7"], ["--jobs", "1", "--max-memory", "256K"],
      ["--jobs", "7", "--max-memory", "2M"],
    ] {
      let isSame = try convert(options) == expected
      #expect(isSame, "\(options)")
    }
  }

  @Test func `an index stands for its directory`() throws {
    #expect(try Tool.run(model.string, "-o", output.string, "--sync", "none").status == 0)
    let index = model.appending("model.safetensors.index.json")
    let other = directory.path("other")
    #expect(try Tool.run(index.string, "-o", other.string, "--sync", "none").status == 0)
    #expect(try output.differences(from: other) == [])
    let result = try Tool.run(
      ["model.safetensors.index.json", "--quiet", "--sync", "none"],
      in: URL(filePath: model.string))
    #expect(result.status == 0, "\(result.errors)")
    #expect(try output.differences(from: directory.path("model.int8")) == [])
  }

  @Test func `a directory with one file becomes a directory with one file`() throws {
    let lone = try ShardedModel.twelve.writeMerged(to: directory.path("lone"))
    let result = try Tool.run(lone.string, "-o", output.string, "--sync", "none")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try output.sizes.keys.sorted() == lone.sizes.keys.sorted())
    #expect(
      try Tool.run(
        lone.appending("model.safetensors").string, "-o", single.string, "--sync", "none"
      ).status == 0)
    #expect(try output.appending("model.safetensors").bytes == single.bytes)
  }

  @Test(arguments: [
    ([], "model.int8"), (["--dtype", "int4"], "model.int4"),
    (["--preset", "mxfp8", "--layout", "coreai"], "model.mxfp8.coreai"),
  ])
  func `without a name the output is beside the input`(
    _ options: [String], _ name: String
  ) throws {
    for input in options.isEmpty ? ["model", "model/", "./model", "model/../model"] : ["model"] {
      let result = try Tool.run([input, "--dry-run", "--json"] + options, in: directory.url)
      #expect(result.status == 0, "\(result.errors)")
      let output = FilePath(try #require(result.json["output"] as? String))
      #expect(output.lastComponent?.string == name)
      #expect(output.removingLastComponent().appending("model").exists)
    }
  }

  @Test func `verify, dequantize and inspect take a directory`() throws {
    try convert()
    let verified = try Tool.run("verify", output.string, "--against", model.string)
    #expect(verified.status == 0, "\(verified.errors)")
    let crossed = try Tool.run("verify", output.string, "--against", merged.string)
    #expect(crossed.status == 0, "\(crossed.errors)")

    let floats = directory.path("floats")
    let lone = directory.path("lone.safetensors")
    #expect(try Tool.run("dequantize", output.string, "-o", floats.string).status == 0)
    #expect(try Tool.run("dequantize", single.string, "-o", lone.string).status == 0)
    let shards = try StoredShards(floats)
    #expect(try shards.tensors == SafetensorsFile(lone).tensors)
    #expect(try shards.shardOfTensor == StoredShards(model).shardOfTensor)
    #expect(try floats.sizes.keys.sorted() == model.sizes.keys.sorted())

    let inspected = try Tool.run("inspect", output.string)
    #expect(inspected.status == 0)
    #expect(inspected.output.contains(" in 12 shards\n"))
    #expect(inspected.output.contains("quantized by qconvert: 13 tensors, layout native\n"))
    #expect(inspected.output.contains("4 other files that a conversion copies\n"))
  }

  @Test func `a changed value in a shard is found by verify`() throws {
    try convert()
    let shard = output.appending(ShardedModel.twelve.shardNames[11])
    var bytes = try shard.bytes
    let name = "model.layers.11.norm.weight"
    bytes[try #require(SafetensorsFile(shard).ranges[name]).lowerBound] ^= 1
    try shard.write(bytes)
    let verified = try Tool.run("verify", output.string, "--against", model.string)
    #expect(verified.status == 65)
    #expect(verified.errors.contains(name))
  }
}
