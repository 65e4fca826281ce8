import Fixtures
import Foundation
import SystemPackage
import Testing

/// Hostile and sound HDF5 files through the tool, which walks them in a process of its own.
@Suite struct HDF5CommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test(
    .timeLimit(.minutes(10)),
    arguments: HostileCase.hdf5.filter { $0.expected == .reject })
  func `a file that is refused leaves nothing behind`(_ hostile: HostileCase) throws {
    let output = directory.path("out.safetensors")
    let result = try Tool.run(
      hostile.file.string, "-o", output.string, "--include", "*", "--allow-unmatched")
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.output == "")
    #expect(!result.errors.contains("root:"))
    #expect(try directory.contents == [])
  }

  @Test(arguments: ["storage", "filters", "types", "user_block"])
  func `a sound file becomes one of its kind, beside it`(_ name: String) throws {
    let input = directory.path("\(name).h5")
    try FileManager.default.copyItem(
      atPath: Fixtures.hdf5.appending("\(name).h5").string, toPath: input.string)
    let result = try Tool.run("\(name).h5", "--nonfinite", "skip", in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    let output = "\(name).int8.h5"
    #expect(try directory.contents.contains(output))
    let check = try Tool.run("inspect", output, "--json", in: directory.url)
    #expect(check.status == 0, "\(check.errors)")
    #expect(try !check.json.isEmpty)
  }

  @Test(arguments: [
    (["--variant", "int4"], "int4.keras"), (["--layout", "native"], "int8"), ([], "int8.keras"),
  ])
  func `weights of Keras 3 keep the ending that Keras wants`(
    _ options: [String], _ label: String
  ) throws {
    let input = directory.path("model.weights.h5")
    try FileManager.default.copyItem(
      atPath: Fixtures.keras.appending("quantized/float.weights.h5").string, toPath: input.string)
    let result = try Tool.run(
      ["model.weights.h5", "--layout", "keras"] + options, in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.contents == ["model.\(label).weights.h5", "model.weights.h5"].sorted())
    let output = directory.path("model.\(label).weights.h5").string
    let check = try Tool.run("verify", output, "--against", input.string)
    #expect(check.status == 0, "\(check.errors)")
  }

  @Test func `an output is what its extension says`() throws {
    let input = Fixtures.hdf5.appending("storage.h5").string
    for (name, start) in [("a.safetensors", [UInt8]()), ("b.hdf5", [0x89, 0x48, 0x44, 0x46])] {
      let result = try Tool.run(input, "-o", name, "--nonfinite", "skip", in: directory.url)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try directory.path(name).bytes.starts(with: start))
    }
    #expect(try Tool.run(input, "-o", "c.keras", in: directory.url).status == 65)
  }

  @Test func `compression is for HDF5 outputs`() throws {
    let input = Fixtures.hdf5.appending("compression.h5").string
    for arguments in [
      ["-o", "a.safetensors", "--compression", "gzip:5"],
      ["--format", "safetensors", "-o", "a", "--compression", "none"],
      ["-o", "a.h5", "--compression", "gzip:10"], ["-o", "a.h5", "--compression", "zstd"],
    ] {
      #expect(try Tool.run([input] + arguments, in: directory.url).status == 64, "\(arguments)")
    }
    #expect(try directory.contents == [])
    let plan = try Tool.run(input, "-o", "a.h5", "--dry-run", in: directory.url)
    #expect(plan.output.contains("-> at most "))
    let result = try Tool.run(input, "-o", "a.h5", "--json", in: directory.url)
    #expect(try result.json["bytes_out"] as? Int == directory.path("a.h5").bytes.count)
  }
}
