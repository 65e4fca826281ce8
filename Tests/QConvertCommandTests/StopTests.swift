import Fixtures
import Foundation
import SystemPackage
import Testing

/// Signals to a conversion of a directory, and two conversions at a time.
@Suite struct StopTests {
  let directory: TemporaryDirectory
  let work: StoppedWork

  init() throws {
    directory = try TemporaryDirectory()
    let model = try ShardedModel.eight.write(to: directory.path("model"))
    work = StoppedWork(model: model, output: directory.path("out"))
  }

  @Test(.timeLimit(.minutes(10)), arguments: [SIGINT, SIGHUP])
  func `with shards finished a signal leaves them to be resumed`(_ signal: Int32) throws {
    // A conversion that ends before it takes notice is tried again.
    for _ in 0..<5 {
      let result = try work.rest(after: 2).end(by: signal)
      if result.status == 0 {
        try work.output.remove()
        continue
      }
      #expect(result.status == 75)
      let count = try work.finishedShards.count
      #expect((2..<8).contains(count))
      #expect(
        result.errors == """
          qconvert: \(work.output): stopped; \(count) of 8 shards are finished; --resume continues

          """)
      #expect(result.output == "")
      #expect(try directory.contents == [".out.qconvert", "model"])
      // What was begun is gone.
      #expect(try work.contents.names == work.finishedShards.sorted())
      #expect(try work.run("--resume").status == 0)
      #expect(try directory.contents == ["model", "out"])
      return
    }
    Issue.record("every conversion ended before the signal")
  }

  @Test(.timeLimit(.minutes(10)), arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func `with no shard finished a signal leaves nothing`(_ signal: Int32, _ status: Int32) throws {
    for _ in 0..<5 {
      let result = try work.rest(after: 0).end(by: signal)
      if result.status == 0 || result.status == 75 {
        try? work.output.remove()
        try? work.staging.remove()
        continue
      }
      #expect(result.status == status)
      #expect(result.errors == "qconvert: interrupted\n")
      #expect(try directory.contents == ["model"])
      return
    }
    Issue.record("every conversion had a shard before the signal")
  }

  @Test(.timeLimit(.minutes(10)), arguments: [[], ["--resume"]])
  func `a second run keeps away from the first`(_ options: [String]) throws {
    let first = try work.rest(after: 1)
    #expect(first.process.isRunning)
    let second = try Tool.run(
      [work.model.string, "-o", work.output.string, "--sync", "none"] + options)
    #expect(second.status == 73)
    #expect(
      second.errors
        == "qconvert: \(work.output): in use by process \(first.process.processIdentifier)\n")
    first.wake()
    let result = first.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.contents == ["model", "out"])
  }
}
