import Fixtures
import Foundation
import SystemPackage
import Testing

/// Stops the tool at work, and takes its input away.
@Suite(.serialized) struct InterruptionTests {
  @Test(.timeLimit(.minutes(10)), arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func `a signal ends the work without a trace`(_ signal: Int32, _ status: Int32) throws {
    let directory = try TemporaryDirectory()
    // A conversion that ends before the signal arrives is tried again with more to do.
    for byteCount in [128, 512, 2048].map({ $0 << 20 }) {
      let model = try directory.writeSparse(byteCount: byteCount)
      let output = directory.path("out")
      let running = try Tool.start(
        model.string, "-o", output.string, "--jobs", "1", "--overwrite", "--sync", "none")
      #expect(try directory.waitForFile(beginning: ".out.qconvert-"))
      kill(running.process.processIdentifier, signal)
      let result = running.finish()
      if result.status == 0 { continue }
      #expect(result.status == status)
      #expect(result.output == "")
      #expect(result.errors == "qconvert: interrupted\n")
      #expect(try directory.strangers(beside: "sparse.safetensors") == [])
      return
    }
    Issue.record("every conversion ended before the signal")
  }

  @Test(.timeLimit(.minutes(10)))
  func `an input that shrinks meanwhile gives an error and no output`() throws {
    let directory = try TemporaryDirectory()
    var refused = 0
    for round in 0..<8 {
      let model = try directory.writeSparse(byteCount: 48 << 20)
      let size = try #require(
        try FileManager.default.attributesOfItem(atPath: model.string)[.size] as? Int)
      let running = try Tool.start(
        model.string, "-o", directory.path("out").string, "--jobs", "1", "--sync", "none")
      #expect(try directory.waitForFile(beginning: ".out.qconvert-"))
      usleep(UInt32.random(in: 0..<200_000))
      try model.truncate(to: round.isMultiple(of: 2) ? size / 2 : size - 1)
      let result = running.finish()
      // The last byte may go after it has been looked at for the last time.
      if result.status == 0 {
        try FileManager.default.removeItem(atPath: directory.path("out").string)
        continue
      }
      refused += 1
      #expect(result.status == 65 || result.status == 74)
      #expect(result.isOneLineOfErrors)
      #expect(result.errors.hasPrefix("qconvert: \(model): "))
      #expect(try directory.strangers(beside: "sparse.safetensors") == [])
    }
    #expect(refused > 0)
  }
}
