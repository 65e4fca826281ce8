import Fixtures
import Foundation
import SystemPackage
import Testing

/// Many models at once, of which some are broken.
@Suite struct BatchTests {
  let directory: TemporaryDirectory
  let models: FilePath
  let outputs: FilePath
  let names = (0..<20).map { String(format: "m%02d", $0) }
  let broken = ["m07", "m13"]

  init() throws {
    directory = try TemporaryDirectory()
    models = directory.path("models")
    outputs = directory.path("outputs")
    for (number, name) in names.enumerated() {
      let model = ShardedModel.small(seed: 10 * number)
      _ =
        broken.contains(name)
        ? try model.write(to: models.appending(name))
        : try model.writeMerged(to: models.appending(name))
    }
    let shard = models.appending("m07/model-00002-of-00002.safetensors")
    try shard.truncate(to: shard.bytes.count - 10)
    try models.appending("m13/model-00001-of-00002.safetensors").remove()
  }

  private func convert(_ options: String...) throws -> Tool.Result {
    try Tool.run(["models", "-o", "outputs", "--sync", "none"] + options, in: directory.url)
  }

  private func single(_ name: String) throws -> FilePath {
    let output = directory.path("single-\(name)")
    let result = try Tool.run(
      models.appending(name).string, "-o", output.string, "--quiet", "--sync", "none")
    #expect(result.status == 0, "\(result.errors)")
    return output
  }

  @Test func `all but the broken ones are converted`() throws {
    let result = try convert()
    #expect(result.status == 65)
    #expect(try outputs.names == names.filter { !broken.contains($0) })
    for name in names where !broken.contains(name) {
      #expect(try outputs.appending(name).differences(from: single(name)) == [])
    }
    let truncated = "models/m07/model-00002-of-00002.safetensors: "
    let missing =
      "models/m13/model.safetensors.index.json: model-00001-of-00002.safetensors, the file of tensor "
    for reason in [truncated, missing] {
      // As it happens, in the table, and for the first in the last line.
      #expect(result.errors.contains("\n" + reason) || result.errors.hasPrefix(reason))
      #expect(result.output.contains("  " + reason))
    }
    let lines = result.errors.split(separator: "\n")
    #expect(
      lines.last?.hasPrefix("qconvert: 2 of 20 models failed; the first: \(truncated)") == true)
    let table = result.output.split(separator: "\n")
    #expect(table.count == 21)
    for (line, name) in zip(table, names) {
      let outcome = broken.contains(name) ? "  failed " : "  converted "
      #expect(line.hasPrefix(outcome) && line.contains("models/\(name) "), "\(line)")
    }
    #expect(table.last?.hasPrefix("18 of 20 models converted, ") == true)
  }

  @Test func `all outcomes are one JSON object`() throws {
    let result = try convert("--json")
    #expect(result.status == 65)
    let json = try result.json
    #expect(json["converted"] as? Int == 18)
    #expect(json["failed"] as? Int == 2)
    let outcomes = try #require(json["models"] as? [[String: Any]])
    #expect(outcomes.compactMap { $0["input"] as? String } == names.map { "models/\($0)" })
    for (outcome, name) in zip(outcomes, names) {
      #expect(outcome["output"] as? String == "outputs/\(name)")
      #expect((outcome["error"] != nil) == broken.contains(name))
      #expect((outcome["tensors"] as? [Any])?.count == (broken.contains(name) ? nil : 4))
    }
  }

  @Test func `it ends at the first failure if told to`() throws {
    let result = try convert("--no-continue-on-error", "--jobs", "1", "--json")
    #expect(result.status == 65)
    let json = try result.json
    #expect(json["failed"] as? Int == 1)
    #expect(json["converted"] as? Int == 7)
    #expect(try outputs.names == Array(names.prefix(7)))
    #expect(result.errors.hasSuffix("\n") && result.errors.contains(": 1 of 20 models failed, "))
    #expect(result.errors.contains("12 not begun; the first: models/m07/"))
  }

  @Test func `a dry run tells the same and writes nothing`() throws {
    let before = try models.tree
    let dry = try convert("--dry-run", "--json")
    #expect(dry.status == 65)
    #expect(try directory.contents == ["models"])
    #expect(try models.tree == before)
    let wet = try convert("--json")
    for json in try [dry.json, wet.json] {
      #expect(json["converted"] as? Int == 18)
      #expect(json["failed"] as? Int == 2)
      for outcome in try #require(json["models"] as? [[String: Any]]) {
        for file in outcome["files"] as? [[String: Any]] ?? [] {
          let path = directory.path(try #require(file["path"] as? String))
          #expect(try path.bytes.count == file["bytes"] as? Int)
        }
      }
    }
    #expect(dry.errors == wet.errors.split(separator: "\n").last.map { $0 + "\n" } ?? "")
  }

  @Test func `a dry run refuses outputs that cannot be`() throws {
    for place in ["no/where", "models/m00/config.json"] {
      let dry = try Tool.run("models", "-o", place, "--dry-run", in: directory.url)
      let wet = try Tool.run("models", "-o", place, in: directory.url)
      #expect(wet.status == 73)
      #expect(dry.status == 73)
      #expect(dry.errors == wet.errors)
    }
    #expect(try directory.contents == ["models"])
  }

  @Test func `the share that has to be quantized is that of each model`() throws {
    var model = ShardedModel.small(seed: 900)
    model = ShardedModel(
      shards: model.shards + [[("norm.weight", .halves(shape: [900], seed: 901))]])
    try models.appending("m07").remove()
    try model.write(to: models.appending("m07"))
    let result = try convert("--require-coverage", "0.9", "--json")
    #expect(result.status == 65)
    #expect(try result.json["failed"] as? Int == 2)
    let outcomes = try #require(result.json["models"] as? [[String: Any]])
    let error = try #require(outcomes[7]["error"] as? String)
    #expect(error.hasPrefix("models/m07: "))
    #expect(error.contains("0.9 is required; the largest tensor that is not is norm.weight"))
    #expect(!outputs.appending("m07").exists)
  }
}
