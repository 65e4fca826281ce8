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

  @Test(.timeLimit(.minutes(10)))
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

  @Test(.timeLimit(.minutes(10)))
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
