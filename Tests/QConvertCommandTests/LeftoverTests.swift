import Fixtures
import Foundation
import SystemPackage
import Testing

/// Files of odd dates, of runs that died, and outputs checked before anything is written.
@Suite struct LeftoverTests {
  private let directory: TemporaryDirectory
  private let model: FilePath
  private let output: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = try directory.writeSample()
    output = directory.path("out.safetensors")
  }

  @Test func `a file from the far future is a file like others`() throws {
    let result = try Tool.run(
      ["convert", model.string, "-o", output.string, "--quiet"],
      by: #"touch -d 2300-01-01 model.safetensors; exec "$@""#, in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `temporary files of runs that died go, those of others stay`() throws {
    _ = try directory.write([1], to: ".out.safetensors.qconvert-99999999.tmp")
    _ = try directory.write([1], to: ".other.safetensors.qconvert-99999999.tmp")
    #expect(try Tool.run(model.string, "-o", output.string, "--quiet").status == 0)
    #expect(
      try directory.contents == [
        ".other.safetensors.qconvert-99999999.tmp", "model.safetensors", "out.safetensors",
      ])
  }

  @Test func `a temporary file that is locked belongs to a run at work`() throws {
    let name = ".out.safetensors.qconvert-99999999.tmp"
    _ = try directory.write([1], to: name)
    let result = try Tool.run(
      ["convert", model.string, "-o", output.string, "--quiet"],
      by: "exec 9<\(name); flock 9; \"$@\"", in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.contents.contains(name))
  }

  @Test func `a name as long as names can be is written`() throws {
    let longest = directory.path(String(repeating: "x", count: 243) + ".safetensors")
    #expect(try Tool.run(model.string, "-o", longest.string, "--quiet").status == 0)
    #expect(try longest.bytes.count > 0)
  }

  @Test(arguments: [["-o", "model.safetensors", "--overwrite"], ["-o", "taken"], ["-o", "."]])
  func `a dry run refuses what a run would`(_ options: [String]) throws {
    _ = try directory.write([1], to: "taken")
    let dry = try Tool.run(["model.safetensors", "--dry-run"] + options, in: directory.url)
    let wet = try Tool.run(["model.safetensors"] + options, in: directory.url)
    #expect(dry.status == 73)
    #expect(dry.errors == wet.errors)
    #expect(dry.isOneLineOfErrors)
  }

  @Test func `a signal that the caller ignores does not stop the work`() throws {
    let sparse = try directory.writeSparse(byteCount: 300 << 20)
    let result = try Tool.run(
      ["convert", sparse.string, "-o", output.string, "--quiet", "--sync", "none"],
      by: #"trap "" HUP INT TERM; "$@" & sleep 0.02; kill -HUP $!; kill -INT $!; wait $!"#,
      in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try output.bytes.count > 100 << 20)
  }
}
