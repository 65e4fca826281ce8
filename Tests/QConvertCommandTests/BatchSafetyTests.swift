import Fixtures
import Foundation
import SystemPackage
import Testing

/// Batches whose outputs and inputs may meet: nothing that is read is replaced or added to.
@Suite struct BatchSafetyTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func addModel(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: directory.url.appending(path: name), withIntermediateDirectories: true)
    _ = try directory.writeSample("\(name)/model.safetensors")
    let entries = ["a.weight", "a.bias", "b.weight", "steps"].map {
      #""\#($0)":"model.safetensors""#
    }
    let text = #"{"weight_map":{\#(entries.joined(separator: ","))}}"#
    _ = try directory.write(Array(text.utf8), to: "\(name)/model.safetensors.index.json")
  }

  private func run(_ arguments: String...) throws -> Tool.Result {
    try Tool.run(arguments, in: directory.url)
  }

  private func files(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: directory.url.appending(path: name).path()
    ).sorted()
  }

  @Test func `an output does not replace a file that another conversion reads`() throws {
    let other = try directory.writeSample("a.int8.safetensors")
    _ = try directory.writeSample("a.safetensors")
    let before = try other.bytes
    let result = try run("a.safetensors", "./a.int8.safetensors", "--overwrite")
    #expect(result.status == 73)
    #expect(
      result.errors
        == "qconvert: a.int8.safetensors: the output would replace the input ./a.int8.safetensors\n"
    )
    #expect(try other.bytes == before)
    #expect(try directory.contents == ["a.int8.safetensors", "a.safetensors"])
  }

  @Test func `an output does not replace a directory that another conversion reads`() throws {
    try addModel("a")
    try addModel("a.int8")
    #expect(try run("a", "a.int8", "--overwrite").status == 73)
    #expect(try directory.contents == ["a", "a.int8"])
    #expect(try files("a.int8") == ["model.safetensors", "model.safetensors.index.json"])
  }

  @Test func `no output goes into a directory that another conversion reads`() throws {
    try addModel("a")
    try addModel("b")
    #expect(try run("a", "b", "-o", "a").status == 73)
    #expect(try run("a", "b", "-o", "a/outputs").status == 73)
    #expect(try files("a") == ["model.safetensors", "model.safetensors.index.json"])
  }

  @Test func `an input by two spellings is two inputs with one output`() throws {
    _ = try directory.writeSample("a.safetensors")
    let result = try run("a.safetensors", "./a.safetensors")
    #expect(result.status == 64)
    #expect(result.errors.contains("two inputs would be written to"))
  }

  @Test func `indexes and files with shards of their own give directories of their names`() throws {
    try addModel("a")
    try addModel("b")
    let index = "model.safetensors.index.json"
    #expect(try run("a/\(index)", "b/\(index)", "-o", "out").status == 0)
    #expect(try files("out") == ["a", "b"])
    _ = try directory.writeSample("c.safetensors")
    _ = try directory.writeSample("d.safetensors")
    #expect(
      try run("c.safetensors", "d.safetensors", "--shard-size", "1MB", "-o", "new").status == 0)
    #expect(try files("new") == ["c.int8", "d.int8"])
  }

  @Test func `a second run leaves out what the first has made`() throws {
    try addModel("all/a")
    #expect(try run("all").status == 0)
    #expect(try files("all") == ["a", "a.int8"])
    for option in ["--overwrite", "--resume"] {
      let result = try run("all", option)
      #expect(result.status == 0)
      #expect(result.errors.contains("all/a.int8: already quantized by qconvert, left out"))
    }
    #expect(try files("all") == ["a", "a.int8"])
  }

  @Test func `the staging directory of an output is no input`() throws {
    try addModel(".out.qconvert/contents")
    let result = try run(".out.qconvert/contents", "-o", "out")
    #expect(result.status == 73)
    #expect(result.isOneLineOfErrors)
    #expect(
      try files(".out.qconvert/contents") == ["model.safetensors", "model.safetensors.index.json"])
    #expect(try directory.contents == [".out.qconvert"])
  }

  @Test func `a model has more shards than a process may open files at first`() throws {
    var map: [String] = []
    for number in 0..<80 {
      let name = "\(number).safetensors"
      let tensor = SafetensorsFile.Tensor(shape: [2, 2], floats: [1, 2, 3, 4])
      let header =
        #"{"\#(number).weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#
      _ = try directory.write(SafetensorsFile.bytes(header: header, data: tensor.bytes), to: name)
      map.append(#""\#(number).weight":"\#(name)""#)
    }
    let index = #"{"weight_map":{\#(map.joined(separator: ","))}}"#
    _ = try directory.write(Array(index.utf8), to: "model.safetensors.index.json")
    let result = try Tool.run(
      ["model.safetensors.index.json", "--dry-run"], by: #"ulimit -S -n 64; exec "$@""#,
      in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    let stopped = try Tool.run(
      ["model.safetensors.index.json", "--dry-run"], by: #"ulimit -n 64; exec "$@""#,
      in: directory.url)
    #expect(stopped.status == 74)
    #expect(stopped.isOneLineOfErrors)
  }
}
