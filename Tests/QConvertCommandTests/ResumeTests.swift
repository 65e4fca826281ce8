import Fixtures
import Foundation
import SystemPackage
import Testing

/// A conversion of a directory that is killed, and taken up again.
@Suite struct ResumeTests {
  let directory: TemporaryDirectory
  let model: FilePath
  let work: StoppedWork

  init() throws {
    directory = try TemporaryDirectory()
    model = try ShardedModel.eight.write(to: directory.path("model"))
    work = StoppedWork(model: model, output: directory.path("out"))
  }

  /// What a conversion gives that nobody has disturbed.
  private func undisturbed() throws -> FilePath {
    let output = directory.path("undisturbed")
    let result = try Tool.run(model.string, "-o", output.string, "--quiet", "--sync", "none")
    #expect(result.status == 0, "\(result.errors)")
    return output
  }

  @Test(.timeLimit(.minutes(2)))
  func `whenever it is killed, the rest gives the whole`() throws {
    let expected = try undisturbed()
    let seed = UInt64.random(in: 0...UInt64.max)
    var state = seed
    func random(below bound: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % bound)
    }
    var killed = 0
    for round in 0..<10 {
      // Before the first shard, after the last and everywhere in between.
      let count = round < 9 ? round : random(below: 9)
      let result = try work.kill(after: count, microseconds: random(below: 3000))
      let comment: Comment = "seed \(seed), round \(round), after \(count) shards"
      var stamps: [String: [String]] = [:]
      if result.status == -SIGKILL {
        killed += 1
        // Killed after its last rename, there is all of it.
        if work.output.exists {
          #expect(try work.output.differences(from: expected) == [], comment)
        }
        for name in try work.finishedShards {
          stamps[name] = work.contents.appending(name).stamp
        }
      } else {
        #expect(result.status == 0, comment)
      }
      let resumed = try work.run("--resume")
      #expect(resumed.status == 0, "\(comment) \(resumed.errors)")
      #expect(try work.output.differences(from: expected) == [], comment)
      for (name, stamp) in stamps {
        #expect(work.output.appending(name).stamp == stamp, "\(comment), \(name)")
      }
      #expect(!work.staging.exists, comment)
      try work.output.remove()
    }
    #expect(killed >= 5, "seed \(seed)")
  }

  @Test(.timeLimit(.minutes(1)))
  func `there is no output before the end`() throws {
    let expected = try undisturbed()
    #expect(try work.kill(after: 3).status == -SIGKILL)
    #expect(!work.output.exists)
    #expect(try work.finishedShards.count >= 3)
    #expect(try directory.contents == [".out.qconvert", "model", "undisturbed"])

    // Without being asked to resume, it begins anew in the place of the dead run.
    let stamps = try work.finishedShards.map { work.contents.appending($0).stamp }
    #expect(try work.run().status == 0)
    #expect(try work.output.differences(from: expected) == [])
    #expect(try directory.contents == ["model", "out", "undisturbed"])
    for (name, stamp) in zip(try work.output.names.filter { $0.hasPrefix("model-") }, stamps) {
      #expect(work.output.appending(name).stamp != stamp)
    }
  }

  @Test func `with nothing to resume it converts`() throws {
    let expected = try undisturbed()
    #expect(try work.run("--resume").status == 0)
    #expect(try work.output.differences(from: expected) == [])
    #expect(try directory.contents == ["model", "out", "undisturbed"])
  }

  @Test func `what a run left that died after its last rename is removed`() throws {
    #expect(try work.run().status == 0)
    let stamps = try work.output.names.map { work.output.appending($0).stamp }
    try work.staging.appending("lock").write("1\n".utf8)
    try work.staging.appending("journal").write("{}\n".utf8)
    try work.output.copy(to: work.staging.appending("replaced"))
    #expect(try work.run("--resume").status == 0)
    #expect(try directory.contents == ["model", "out"])
    #expect(try work.output.names.map { work.output.appending($0).stamp } == stamps)
  }

  @Test func `a complete output is left as it is`() throws {
    #expect(try work.run().status == 0)
    let names = try work.output.names
    let stamps = names.map { work.output.appending($0).stamp }
    let again = try work.run("--resume")
    #expect(again.status == 0, "\(again.errors)")
    #expect(names.map { work.output.appending($0).stamp } == stamps)
    #expect(try directory.contents == ["model", "out"])
    // One of other options is not: it is in the way.
    let other = try work.run("--resume", "--dtype", "int4")
    #expect(other.status == 73)
    #expect(names.map { work.output.appending($0).stamp } == stamps)
  }

  @Test func `an output that is replaced stays until the end`() throws {
    #expect(try work.run("--dtype", "int4").status == 0)
    let before = try work.output.tree
    #expect(try work.kill(after: 4, options: ["--overwrite"]).status == -SIGKILL)
    #expect(try work.output.tree == before)
    let resumed = try work.run("--resume", "--overwrite")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try work.output.differences(from: undisturbed()) == [])
    #expect(!work.staging.exists)
  }
}
