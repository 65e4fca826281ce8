import Fixtures
import Foundation
import SystemPackage
import Testing

/// A stopped conversion is taken up again only as the same conversion.
@Suite struct ResumeRefusalTests {
  let directory: TemporaryDirectory
  let model: FilePath
  let work: StoppedWork

  init() throws {
    directory = try TemporaryDirectory()
    model = try ShardedModel.uneven.write(to: directory.path("model"))
    work = StoppedWork(model: model, output: directory.path("out"))
    let stopped = try work.runToLimit()
    #expect(stopped.status == 74)
    #expect(stopped.isOneLineOfErrors)
    #expect(stopped.errors.hasSuffix("; 3 of 4 shards are finished; --resume continues\n"))
    #expect(try work.finishedShards == Array(ShardedModel.uneven.shardNames.prefix(3)))
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var options: [String] = []
    var change: @Sendable (FilePath) throws -> Void = { _ in }
    let reason: String

    static let all = [
      Change(
        testDescription: "an input touched",
        change: { model in
          try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
            ofItemAtPath: model.appending("model-00002-of-00004.safetensors").string)
        }, reason: "the input model-00002-of-00004.safetensors changed"),
      Change(
        testDescription: "a companion changed",
        change: { try $0.appending("config.json").write("{}".utf8) },
        reason: "the input config.json changed"),
      Change(
        testDescription: "a new companion",
        change: { try $0.appending("extra.txt").write("new".utf8) },
        reason: "the input extra.txt is new"),
      Change(
        testDescription: "a companion gone",
        change: { try $0.appending("merges.txt").remove() },
        reason: "the input merges.txt is gone"),
      Change(
        testDescription: "another type", options: ["--dtype", "int4"],
        reason: "the options changed"),
      Change(
        testDescription: "another layout", options: ["--layout", "coreai"],
        reason: "the options changed"),
      Change(
        testDescription: "other shards", options: ["--shard-size", "4K"],
        reason: "the options changed"),
      Change(
        testDescription: "a tensor left out", options: ["--exclude", "layers.3.*"],
        reason: "the options changed"),
    ]
  }

  @Test(arguments: Change.all)
  func `another conversion is refused and what is there stays`(_ change: Change) throws {
    try change.change(model)
    let before = try work.staging.tree
    let result = try Tool.run(
      [model.string, "-o", work.output.string, "--resume", "--sync", "none"] + change.options)
    #expect(result.status == 65)
    #expect(
      result.errors == """
        qconvert: \(work.output): cannot resume: \(change.reason); without --resume it begins anew

        """)
    var after = try work.staging.tree
    // The lock has the number of the last process.
    after["lock"] = before["lock"]
    #expect(after == before)
    #expect(!work.output.exists)
  }

  @Test(arguments: [
    ["--jobs", "2", "--sync", "full", "--json"], ["--max-memory", "2M", "--dtype", "int8"],
  ])
  func `what does not change the output does not matter`(_ options: [String]) throws {
    let stamps = try work.finishedShards.map { work.contents.appending($0).stamp }
    let result = try Tool.run([model.string, "-o", work.output.string, "--resume"] + options)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      ShardedModel.uneven.shardNames.prefix(3).map { work.output.appending($0).stamp } == stamps)
    #expect(try directory.contents == ["model", "out"])
  }

  @Test func `a finished shard that was damaged is written anew`() throws {
    let expected = directory.path("expected")
    let whole = try Tool.run(model.string, "-o", expected.string, "--quiet", "--sync", "none")
    #expect(whole.status == 0)
    try work.contents.appending("model-00001-of-00004.safetensors").truncate(to: 100)
    try work.contents.appending("model-00002-of-00004.safetensors").remove()
    try work.contents.appending("stranger.safetensors").write([1, 2, 3])
    #expect(try work.run("--resume").status == 0)
    #expect(try work.output.differences(from: expected) == [])
  }

  @Test func `a journal of another version is refused`() throws {
    let journal = work.staging.appending("journal")
    let text = String(decoding: try journal.bytes, as: UTF8.self)
    try journal.write(
      text.replacing(/"version": ?"[^"]*"/, with: #""version":"0.0.0""#, maxReplacements: 1).utf8)
    let result = try work.run("--resume")
    #expect(result.status == 65)
    #expect(result.errors.contains(": cannot resume: it was begun by version 0.0.0;"))
    try journal.write("no journal\n".utf8)
    let broken = try work.run("--resume")
    #expect(broken.status == 65)
    #expect(broken.isOneLineOfErrors)
    #expect(broken.errors.contains(": cannot resume: line 1 of the journal"))
    #expect(try work.run().status == 0)
  }

  @Test func `a dry run does not resume`() throws {
    let result = try work.run("--resume", "--dry-run")
    #expect(result.status == 64)
    #expect(try work.finishedShards.count == 3)
  }
}
