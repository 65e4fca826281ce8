import Fixtures
import Foundation
import SystemPackage
import Testing

/// Conversions of a directory that are resumed although none was stopped, or only at its very end.
@Suite struct ResumeEndTests {
  let directory: TemporaryDirectory
  let work: StoppedWork

  init() throws {
    directory = try TemporaryDirectory()
    let model = try ShardedModel.small(seed: 1).write(to: directory.path("model"))
    work = StoppedWork(model: model, output: directory.path("out"))
  }

  /// What a conversion gives that nobody has disturbed.
  private func whole() throws -> FilePath {
    let output = directory.path("whole")
    let result = try Tool.run(work.model.string, "-o", output.string, "-q", "--sync", "none")
    #expect(result.status == 0, "\(result.errors)")
    return output
  }

  @Test func `with nothing to resume it converts`() throws {
    let expected = try whole()
    #expect(try work.run("--resume").status == 0)
    #expect(try work.output.differences(from: expected) == [])
    #expect(try directory.contents == ["model", "out", "whole"])
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
}
