import Fixtures
import Foundation
import SystemPackage
import Testing

/// GGUF files through the tool: names of outputs, directories, and what `inspect` shows.
@Suite struct GGUFCommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `inspect shows types and shapes of elements, and long arrays cut short`() throws {
    let input = Fixtures.gguf.appending("types.gguf").string
    let text = try Tool.run("inspect", input)
    #expect(text.status == 0, "\(text.errors)")
    let lines = text.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("a.q4_0 ") && $0.contains(" Q4_0 ") })
    #expect(
      lines.contains { $0.hasPrefix("metadata array.long: [0, 1,") && $0.hasSuffix("of 1000") })
    let json = try Tool.run("inspect", input, "--json").json
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    let blocks = try #require(tensors.first { $0["name"] as? String == "a.q4_k" })
    #expect(blocks["dtype"] as? String == "Q4_K")
    #expect(blocks["shape"] as? [Int] == [2, 512])
    #expect(blocks["bytes"] as? Int == 576)
  }

  @Test func `an output is of the kind of its input, or what its name says`() throws {
    let input = directory.path("x.gguf")
    try FileManager.default.copyItem(
      atPath: Fixtures.gguf.appending("aligned.gguf").string, toPath: input.string)
    for arguments in [
      ["--include", "*"], ["-o", "y.safetensors", "--include", "*"],
      ["--layout", "coreml", "--granularity", "per_tensor", "--include", "*"],
    ] {
      let result = try Tool.run(["x.gguf"] + arguments, in: directory.url)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(
      try directory.contents == [
        "x.gguf", "x.int8.coreml.safetensors", "x.int8.gguf", "y.safetensors",
      ])
    let check = try Tool.run("verify", "x.int8.gguf", "--against", "x.gguf", in: directory.url)
    #expect(check.status == 0, "\(check.errors)")
    let back = try Tool.run(
      "dequantize", "x.int8.gguf", "-o", "z.safetensors", in: directory.url)
    #expect(back.status == 0, "\(back.errors)")
    #expect(try SafetensorsFile(directory.path("z.safetensors")).tensors["y"]?.shape == [2, 3])
  }

  @Test func `a model directory becomes one file`() throws {
    let model = directory.url.appending(path: "m")
    try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
    let tensor = SafetensorsFile.Tensor(shape: [1, 2], floats: [1, 2])
    for (name, tensors) in [("1", ["a.weight"]), ("2", ["b.weight", "c.weight"])] {
      let bytes = SafetensorsFile.bytes(tensors.map { ($0, tensor) }, metadata: [:])
      try Data(bytes).write(to: model.appending(path: "\(name).safetensors"))
    }
    let index =
      #"{"weight_map":{"a.weight":"1.safetensors","b.weight":"2.safetensors","#
      + #""c.weight":"2.safetensors"}}"#
    try Data(index.utf8).write(to: model.appending(path: "model.safetensors.index.json"))
    for arguments in [["-o", "n.gguf"], ["--format", "gguf"]] {
      let result = try Tool.run(["m"] + arguments, in: directory.url)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try directory.contents == ["m", "m.int8.gguf", "n.gguf"])
    let tensors = try Tool.run("inspect", "n.gguf", "--json", in: directory.url).json["tensors"]
    #expect((tensors as? [Any])?.count == 12)
    let sharded = try Tool.run("m", "-o", "o.gguf", "--shard-size", "8", in: directory.url)
    #expect(sharded.status == 64)
  }

  @Test func `blocks are not turned into something else`() throws {
    let result = try Tool.run(
      Fixtures.gguf.appending("types.gguf").string, "-o", "q.safetensors", in: directory.url)
    #expect(result.status == 65)
    #expect(result.errors.contains("a.q8_0: blocks of type Q8_0 can only be copied"))
    #expect(try directory.contents == [])
  }
}
