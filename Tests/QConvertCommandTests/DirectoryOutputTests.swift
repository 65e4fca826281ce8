import Fixtures
import Foundation
import SystemPackage
import Testing

/// Where an output directory may go, and what is there before and afterwards.
@Suite struct DirectoryOutputTests {
  let directory: TemporaryDirectory
  let model: FilePath
  let output: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = try ShardedModel.uneven.write(to: directory.path("model"))
    output = directory.path("out")
  }

  private func convert(_ options: String...) throws -> Tool.Result {
    try Tool.run([model.string, "-o", output.string, "--quiet", "--sync", "none"] + options)
  }

  @Test func `an empty directory gives way`() throws {
    try output.makeDirectory()
    #expect(try convert().status == 0)
    #expect(try output.names == model.names)
    #expect(try directory.contents == ["model", "out"])
  }

  @Test func `a directory with anything in it is refused`() throws {
    try output.appending("note.txt").write("keep".utf8)
    let refused = try convert()
    #expect(refused.status == 73)
    #expect(refused.errors == "qconvert: \(output): already exists; --overwrite replaces it\n")
    #expect(try output.tree == ["note.txt": Data("keep".utf8)])
    #expect(try directory.contents == ["model", "out"])
  }

  @Test func `a model is replaced with overwrite`() throws {
    #expect(try convert("--dtype", "int4").status == 0)
    let before = try output.tree
    #expect(try convert().status == 73)
    #expect(try output.tree == before)
    #expect(try convert("--overwrite").status == 0)
    let other = directory.path("other")
    #expect(
      try Tool.run(model.string, "-o", other.string, "--quiet", "--sync", "none").status == 0)
    #expect(try output.differences(from: other) == [])
    #expect(try directory.contents == ["model", "other", "out"])
  }

  @Test func `what is no model is not replaced`() throws {
    #expect(try convert().status == 0)
    try output.appending("thesis.doc").write("years of work".utf8)
    let before = try output.tree
    let refused = try convert("--overwrite")
    #expect(refused.status == 73)
    #expect(
      refused.errors
        == "qconvert: \(output): not replaced: thesis.doc in it is no part of a model\n")
    #expect(try output.tree == before)
  }

  @Test(arguments: [
    "model", ".", "model/sub", "model/1_Pooling", "link/sub",
  ])
  func `the input and what it is in are never replaced`(_ name: String) throws {
    try directory.path("link").link(to: "model")
    let before = try model.tree
    let result = try Tool.run(
      "model", "-o", name, "--overwrite", "--sync", "none", in: directory.url)
    #expect(result.status == 73)
    #expect(result.isOneLineOfErrors)
    #expect(try model.tree == before)
    #expect(try directory.contents == ["link", "model"])
  }

  @Test func `the input is named where the output would replace it`() throws {
    let result = try Tool.run("model", "-o", "model", "--overwrite", in: directory.url)
    #expect(result.errors == "qconvert: model: the output would replace the input model\n")
  }

  @Test(arguments: [
    ["model", "-o", "out"], ["model/model.safetensors.index.json", "--dry-run"],
    ["model/model-00001-of-00004.safetensors", "model"],
  ])
  func `parameters of their own are for files only`(_ arguments: [String]) throws {
    let result = try Tool.run(arguments + ["--buffers", "separate"], in: directory.url)
    #expect(result.status == 64)
    #expect(result.isOneLineOfErrors)
    #expect(result.errors.contains("--buffers separate"))
    #expect(try directory.contents == ["model"])
  }

  @Test func `a directory does not take the name of a file`() throws {
    let result = try Tool.run("model", "-o", "out.safetensors", in: directory.url)
    #expect(result.status == 64)
    #expect(result.isOneLineOfErrors)
    #expect(try directory.contents == ["model"])
  }

  @Test(arguments: [[], ["--shard-size", "3K"], ["--shard-size", "1G"]])
  func `a dry run tells every file and size and writes nothing`(_ options: [String]) throws {
    let arguments = [model.string, "-o", output.string, "--json", "--sync", "none"] + options
    let before = try model.tree
    let dry = try Tool.run(arguments + ["--dry-run"])
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(try directory.contents == ["model"])
    let wet = try Tool.run(arguments)
    #expect(try model.tree == before)
    for result in [dry, wet] {
      var sizes: [String: Int] = [:]
      for file in try #require(result.json["files"] as? [[String: Any]]) {
        sizes[try #require(file["path"] as? String)] = try #require(file["bytes"] as? Int)
      }
      let actual = try output.sizes.map { (output.appending($0.key).string, $0.value) }
      #expect(sizes == Dictionary(uniqueKeysWithValues: actual))
    }
    let shards = try output.sizes.filter { $0.key.hasSuffix(".safetensors") }
    #expect(try dry.json["bytes_out"] as? Int == shards.values.reduce(0, +))
  }

  @Test(arguments: [["-o", "model"], ["-o", "taken"], ["-o", "file"], ["-o", "no/where"]])
  func `a dry run refuses what a run would`(_ options: [String]) throws {
    _ = try directory.write([1], to: "file")
    try directory.path("taken/note.txt").write([1])
    let dry = try Tool.run(["model", "--dry-run"] + options, in: directory.url)
    let wet = try Tool.run(["model"] + options, in: directory.url)
    #expect(wet.status == 73)
    #expect(wet.isOneLineOfErrors)
    #expect(dry.status == wet.status)
    #expect(dry.errors == wet.errors)
    #expect(try directory.contents == ["file", "model", "taken"])
  }

  @Test func `an error leaves nothing`() throws {
    var model = ShardedModel.uneven.shards
    model[2] = [("layers.2.weight", .init(shape: [2, 2], floats: [1, .nan, 2, 3]))]
    try ShardedModel(shards: model).write(to: directory.path("broken"))
    let result = try Tool.run("broken", "-o", "out", "--jobs", "1", in: directory.url)
    #expect(result.status == 65)
    #expect(result.isOneLineOfErrors)
    #expect(result.errors.hasPrefix("qconvert: broken: "))
    #expect(result.errors.contains("layers.2.weight"))
    #expect(try directory.contents == ["broken", "model"])
  }
}
