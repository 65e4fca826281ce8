import Fixtures
import Foundation
import SystemPackage
import Testing

/// What makes a batch, where its outputs go, and how it goes on after a run that was stopped.
@Suite struct BatchInputTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for (number, name) in ["one", "two", "three"].enumerated() {
      try ShardedModel.small(seed: 10 * number).write(to: directory.path("models/\(name)"))
    }
  }

  private func run(_ arguments: String...) throws -> Tool.Result {
    try Tool.run(arguments + ["--sync", "none"], in: directory.url)
  }

  @Test func `several inputs are a batch, and one that is missing a failure`() throws {
    let result = try run("models/one", "missing", "models/two", "-o", "out", "--json")
    #expect(result.status == 65)
    #expect(try directory.path("out").names == ["one", "two"])
    let outcomes = try #require(result.json["models"] as? [[String: Any]])
    #expect(
      outcomes.map { $0["error"] as? String } == [
        nil, "missing: cannot open: No such file or directory", nil,
      ])
  }

  @Test func `files, indexes, directories and directories of directories go together`() throws {
    _ = try directory.writeSample("file.safetensors")
    try ShardedModel.small(seed: 50).write(to: directory.path("indexed"))
    let result = try run(
      "file.safetensors", "indexed/model.safetensors.index.json", "models", "-o", "out", "-q")
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try directory.path("out").names == [
        "file.int8.safetensors", "indexed", "one", "three", "two",
      ])
    _ = try run("file.safetensors", "-o", "single.safetensors", "-q")
    #expect(
      try directory.path("out/file.int8.safetensors").bytes
        == directory.path("single.safetensors").bytes)
  }

  @Test func `files that become shards have directories of their names`() throws {
    for name in ["a.safetensors", "b.safetensors"] { _ = try directory.writeSample(name) }
    let result = try run(
      "a.safetensors", "b.safetensors", "-o", "out", "-q", "--shard-size", "100")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.path("out").names == ["a.int8", "b.int8"])
    #expect(try directory.path("out/a.int8/a.safetensors.index.json").bytes.count > 0)
  }

  @Test func `a batch of files, parameters apart`() throws {
    for name in ["a.safetensors", "b.safetensors"] { _ = try directory.writeSample(name) }
    let result = try run("a.safetensors", "b.safetensors", "-q", "--buffers", "separate")
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try directory.strangers(beside: "a.safetensors", "b.safetensors", "models") == [
        "a.int8.buffers.safetensors", "a.int8.safetensors", "b.int8.buffers.safetensors",
        "b.int8.safetensors",
      ])
  }

  @Test func `outputs go beside the inputs, and are no inputs the next time`() throws {
    let places = ["one", "one.int8", "three", "three.int8", "two", "two.int8"]
    #expect(try run("models", "-q").status == 0)
    #expect(try directory.path("models").names == places)
    #expect(try directory.contents == ["models"])
    let before = try directory.path("models").tree
    for option in ["--resume", "--overwrite"] {
      let again = try run("models", "-q", option)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try directory.path("models").names == places)
      #expect(try directory.path("models").tree == before)
    }
    // Without either they are in the way, and said to be.
    let refused = try run("models", "-q")
    #expect(refused.status == 65)
    #expect(refused.errors.contains("qconvert: 3 of 3 models failed; "))
  }

  @Test(arguments: [
    ["models/one", "other/one", "-o", "out"], ["models/one", "models/one"],
    ["models", "models/two", "-o", "out"], ["a.safetensors", "other/a.safetensors", "-o", "out"],
  ])
  func `two models for one output are refused`(_ arguments: [String]) throws {
    try ShardedModel.small(seed: 60).write(to: directory.path("other/one"))
    _ = try directory.writeSample("a.safetensors")
    try directory.path("a.safetensors").copy(to: directory.path("other/a.safetensors"))
    let result = try Tool.run(arguments, in: directory.url)
    #expect(result.status == 64)
    #expect(result.isOneLineOfErrors)
    #expect(result.errors.contains("two inputs would be written to "))
    #expect(try directory.contents == ["a.safetensors", "models", "other"])
  }

  @Test func `what is no model in a directory of models is left out with a warning`() throws {
    try directory.path("models/notes/note.txt").write([1])
    try directory.path("models/list.txt").write([1])
    try directory.path("models/.hidden/config.json").write("{}".utf8)
    // The weights of this one are missing.
    try directory.path("models/empty/config.json").write("{}".utf8)
    let result = try run("models", "-o", "out", "--json")
    #expect(result.status == 65)
    #expect(try directory.path("out").names == ["one", "three", "two"])
    for name in ["list.txt", "notes"] {
      #expect(
        result.errors.contains("qconvert: warning: models/\(name): no model, left out\n"))
    }
    #expect(try result.json["failed"] as? Int == 1)
    #expect(result.errors.contains("1 of 4 models failed; the first: models/empty: "))
  }

  @Test(.timeLimit(.minutes(10)), arguments: [["-o", "out"], []])
  func `a batch that is killed goes on with the next`(_ place: [String]) throws {
    var shards = ShardedModel.eight.shards
    shards.removeLast(6)
    let expected = directory.path("expected")
    for number in 0..<5 {
      try ShardedModel(shards: shards).write(to: directory.path("large/\(number)"))
    }
    #expect(try run("large/0", "-o", expected.string, "-q").status == 0)
    let arguments = ["large", "-q", "--jobs", "1", "--sync", "none"] + place
    func output(_ number: Int) -> FilePath {
      directory.path(place.isEmpty ? "large/\(number).int8" : "out/\(number)")
    }
    let running = try Tool.start(arguments, in: directory.url)
    let isAtRest = running.rest { output(1).exists }
    #expect(isAtRest)
    #expect(running.end(by: SIGKILL).status == -SIGKILL)
    #expect(!output(4).exists)
    let stamps = try output(0).names.map { output(0).appending($0).stamp }

    let resumed = try Tool.run(arguments + ["--resume"], in: directory.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try output(0).names.map { output(0).appending($0).stamp } == stamps)
    for number in 0..<5 { #expect(try output(number).differences(from: expected) == []) }
    #expect(try output(0).removingLastComponent().names.filter { $0.hasPrefix(".") } == [])
  }

  @Test(.timeLimit(.minutes(10))) func `a batch that is stopped says how to go on`() throws {
    for number in 0..<5 {
      try ShardedModel(shards: [ShardedModel.eight.shards[number]])
        .write(to: directory.path("large/\(number)"))
    }
    let arguments = ["large", "-o", "out", "-q", "--jobs", "1", "--sync", "none"]
    for _ in 0..<5 {
      let running = try Tool.start(arguments, in: directory.url)
      _ = running.rest { directory.path("out/0").exists }
      let result = running.end(by: SIGINT)
      if result.status == 0 {
        try directory.path("out").remove()
        continue
      }
      #expect(result.status == 75)
      let done = try directory.path("out").names.filter { !$0.hasPrefix(".") }.count
      #expect((1..<5).contains(done))
      #expect(
        result.errors.hasSuffix(
          "qconvert: stopped: \(done) of 5 models done; --resume continues\n"))
      let resumed = try Tool.run(arguments + ["--resume"], in: directory.url)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try directory.path("out").names == ["0", "1", "2", "3", "4"])
      return
    }
    Issue.record("every batch ended before the signal")
  }
}
