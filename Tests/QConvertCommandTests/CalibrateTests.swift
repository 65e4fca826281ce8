import Fixtures
import Foundation
import SystemPackage
import Testing

/// `qconvert calibrate`, its golden values from coreai-opt (fixtures/make_calibration.py).
@Suite struct CalibrateTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let dumps: [String]
    let arguments: [String]
    let expected: String

    var testDescription: String { name }
    var dumpPaths: [String] { dumps.map { Fixtures.calibration.appending($0).string } }

    static let all: [Case] = {
      struct Manifest: Decodable { let cases: [Case] }
      let path = Fixtures.calibration.appending("manifest.json")
      let data = FileManager.default.contents(atPath: path.string) ?? Data()
      return (try? JSONDecoder().decode(Manifest.self, from: data).cases) ?? []
    }()
  }

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `all cases are there`() {
    #expect(Case.all.count == 24)
  }

  @Test(arguments: Case.all)
  func `the buffers are the reference's, also when the sequence is cut in two`(
    _ golden: Case
  ) throws {
    let (whole, part) = (directory.path("whole.safetensors"), directory.path("part.safetensors"))
    let options = golden.arguments + ["--sync", "none", "--quiet", "--overwrite", "--output"]
    func calibrate(_ dumps: some Sequence<String>, _ more: [String]) throws {
      let result = try Tool.run(["calibrate"] + dumps + options + more)
      try #require(result.status == 0, "\(result.errors)")
    }
    try calibrate(golden.dumpPaths, [whole.string])
    try calibrate(golden.dumpPaths.prefix(3), [part.string])
    try calibrate(
      golden.dumpPaths.dropFirst(3), [part.string, "--continue-from", part.string])
    #expect(try SafetensorsFile(part).tensors == SafetensorsFile(whole).tensors)

    let expected = try SafetensorsFile(Fixtures.calibration.appending(golden.expected))
    let actual = try SafetensorsFile(whole)
    #expect(actual.tensors.keys.sorted() == expected.tensors.keys.sorted())
    for (name, tensor) in expected.tensors {
      let found = try #require(actual.tensors[name])
      #expect(found.dtype == tensor.dtype, "\(name)")
      #expect(found.shape == tensor.shape, "\(name)")
      let isFree = !name.hasSuffix("scale")
      #expect(
        found.bytes(zeroSignIsFree: isFree) == tensor.bytes(zeroSignIsFree: isFree), "\(name)")
    }
  }

  @Test func `continuing takes the settings of the state`() throws {
    let golden = try #require(Case.all.first { $0.arguments.contains("--averaging-constant=0.3") })
    let (state, end) = (directory.path("state.safetensors"), directory.path("end.safetensors"))
    let first = try Tool.run(
      ["calibrate"] + golden.dumpPaths.prefix(2) + golden.arguments + ["-o", state.string])
    #expect(first.status == 0, "\(first.errors)")
    let second = try Tool.run(
      ["calibrate"] + golden.dumpPaths.dropFirst(2)
        + ["--continue-from", state.string, "-o", end.string, "--include", "rows"])
    #expect(second.status == 0, "\(second.errors)")
    let expected = try SafetensorsFile(Fixtures.calibration.appending(golden.expected))
    #expect(
      try SafetensorsFile(end).tensors["rows_running_min"]
        == expected.tensors["rows_running_min"])
    let other = try Tool.run(
      ["calibrate"] + golden.dumpPaths.dropFirst(2)
        + ["--continue-from", state.string, "-o", end.string, "--dtype", "int4", "--overwrite"])
    #expect(other.status == 65)
    #expect(other.isOneLineOfErrors && other.errors.contains("saved with int8"), "\(other.errors)")
  }

  @Test func `an HDF5 output has the same buffers`() throws {
    let golden = Case.all[0]
    let (plain, hdf5) = (directory.path("a.safetensors"), directory.path("a.h5"))
    for output in [plain, hdf5] {
      let result = try Tool.run(
        ["calibrate"] + golden.dumpPaths + golden.arguments + ["-o", output.string])
      #expect(result.status == 0, "\(result.errors)")
    }
    let again = directory.path("b.safetensors")
    let result = try Tool.run(
      ["calibrate"] + golden.dumpPaths.prefix(1) + ["--continue-from", hdf5.string]
        + golden.arguments.filter { $0.hasPrefix("--include") } + ["-o", again.string])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try SafetensorsFile(again).tensors.keys.sorted()
        == SafetensorsFile(plain).tensors.keys.sorted())
  }

  private func write(_ tensors: KeyValuePairs<String, SafetensorsFile.Tensor>, _ name: String)
    throws -> String
  {
    try directory.write(SafetensorsFile.bytes(tensors), to: name).string
  }

  private func fail(
    _ arguments: String..., status: Int32, saying reason: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let output = directory.path("never.safetensors")
    let result = try Tool.run(["calibrate"] + arguments + ["-o", output.string])
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(
      result.isOneLineOfErrors && result.errors.contains(reason), "\(result.errors)",
      sourceLocation: sourceLocation)
    #expect(
      !FileManager.default.fileExists(atPath: output.string), sourceLocation: sourceLocation)
  }

  @Test func `what does not go together is an error that names dump and tensor`() throws {
    let one = try write(
      ["a": .init(shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])], "one.safetensors")
    let both = try write(
      [
        "a": .init(shape: [1, 3], floats: [1, 2, 3]), "b": .init(shape: [1], floats: [1]),
      ], "both.safetensors")
    let wider = try write(["a": .init(shape: [1, 4], floats: [1, 2, 3, 4])], "wider.safetensors")
    let broken = try write(["a": .init(shape: [1, 2], floats: [1, .nan])], "broken.safetensors")
    let halves = try write(
      ["a": .init(dtype: "F16", shape: [1, 3], bytes: [0, 0, 0, 0, 0, 0])], "halves.safetensors")
    let none = try write(["a": .init(shape: [0, 3], floats: [])], "none.safetensors")

    try fail(one, both, status: 65, saying: "both.safetensors: tensor b was not there before")
    try fail(both, one, status: 65, saying: "one.safetensors: tensor b is missing")
    try fail(one, halves, status: 65, saying: "tensor a is F16, and was F32 before")
    try fail(
      one, wider, "--granularity", "per_channel", "--axis", "1", status: 65,
      saying: "tensor a has [1, 4] groups, and had [1, 3] before")
    try fail(
      one, broken, status: 65, saying: "broken.safetensors: tensor a: the value at flat index 1")
    try fail(none, status: 65, saying: "tensor a has no elements")
    try fail(one, "--block-size", "2", "--axis", "1", status: 65, saying: "does not divide axis 1")
    try fail(one, "--granularity", "per_channel", status: 64, saying: "no default axis")
    try fail(one, "--include", "x*", status: 65, saying: "no tensor matches the pattern x*")
    try fail(one, "--calculator", "newest", status: 64, saying: "moving_average")
    try fail(
      one, "--calculator", "dynamic", "--float-range=-1,1", status: 64,
      saying: "takes no float range")
    try fail(
      one, "--continue-from", one, status: 65, saying: "not a file that calibrate has written")
    try fail(one + "x", status: 66, saying: "x")
  }

  @Test func `a tensor may be missing where that is allowed`() throws {
    let one = try write(["a": .init(shape: [2], floats: [-1, 2])], "one.safetensors")
    let both = try write(
      ["a": .init(shape: [2], floats: [-3, 1]), "b": .init(shape: [1], floats: [5])],
      "both.safetensors")
    let output = directory.path("out.safetensors")
    let result = try Tool.run(
      "calibrate", both, one, "--allow-missing", "--calculator", "global_minmax", "-o",
      output.string, "--json")
    #expect(result.status == 0)
    #expect(result.errors.contains("tensor b is missing"))
    #expect(try SafetensorsFile(output).tensors["a_running_max"]?.floats == [2])
    #expect(try SafetensorsFile(output).tensors["b_running_max"]?.floats == [5])
  }

  @Test func `the output never replaces a dump`() throws {
    let one = try write(["a": .init(shape: [2], floats: [-1, 2])], "one.safetensors")
    let result = try Tool.run("calibrate", one, "-o", one, "--overwrite")
    #expect(result.status == 73)
  }
}
