import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Converts into GGUF files and from them.
@Suite struct GGUFConversionTests {
  private static func copying(_ format: OutputFormat? = nil) throws -> ConversionOptions {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = ["*"]
    options.allowsUnmatched = true
    options.format = format
    options.isDurable = false
    return options
  }

  private static func floats() throws -> Workbench {
    var random = SeededGenerator(seed: 3)
    return try Workbench(
      [
        ("a.weight", .init(.float32, [3, 5], &random)),
        ("b.weight", .init(.float16, [7], &random)),
        ("c.weight", .init(.bfloat16, [2, 3, 2, 1], &random)),
        ("d", .init(.float64, [], &random)),
        ("e", .init(dtype: "I8", shape: [3], bytes: [1, 2, 255])),
        ("f", .init(dtype: "F32", shape: [0, 4], bytes: [])),
      ], metadata: ["format": "pt", "general.file_type": "seven", "ünïcode": "größe"])
  }

  @Test func `floats to GGUF and back are the same bytes`() throws {
    let bench = try Self.floats()
    let gguf = try bench.convert(Self.copying(.gguf), to: "x.gguf")
    let checkpoint = try Checkpoint(gguf)
    #expect(checkpoint.byteCount.isMultiple(of: 32))
    #expect(
      checkpoint.metadata.map { "\($0.name)=\($0.value)" } == [
        "general.quantization_version=2", "general.file_type=0", "format=pt", "ünïcode=größe",
      ])
    let back = bench.directory.path("back.safetensors")
    _ = try Conversion(of: gguf, Self.copying(.safetensors)).write(to: back)
    let (before, after) = (try SafetensorsFile(bench.input), try SafetensorsFile(back))
    #expect(after.tensors == before.tensors)
    #expect(after.metadata == ["format": "pt", "ünïcode": "größe"])
  }

  @Test(arguments: ["types.gguf", "empty.gguf"])
  func `a copy of a GGUF file has its bytes`(_ name: String) throws {
    let directory = try TemporaryDirectory()
    let input = Fixtures.gguf.appending(name)
    _ = try Conversion(of: input, Self.copying()).write(to: directory.path("copy.gguf"))
    #expect(try directory.path("copy.gguf").fileBytes == input.fileBytes)
  }

  @Test func `another alignment becomes the common one`() throws {
    let directory = try TemporaryDirectory()
    let input = Fixtures.gguf.appending("aligned.gguf")
    let copy = directory.path("copy.gguf")
    _ = try Conversion(of: input, Self.copying()).write(to: copy)
    #expect(try copy.tensorBytes == input.tensorBytes)
    #expect(try Checkpoint(copy).metadata.map(\.name) == ["general.architecture"])
    #expect(try copy.fileBytes.count < input.fileBytes.count)
  }

  @Test func `blocks go into no other format`() throws {
    let error = try #require(throws: PlanError.self) {
      try Conversion(of: Fixtures.gguf.appending("types.gguf"), Self.copying(.safetensors))
    }
    #expect(error == .blocksNeedGGUF("a.q8_0", .q80))
  }

  @Test func `metadata that safetensors cannot hold is told of`() throws {
    let directory = try TemporaryDirectory()
    let pair = GGUFBytes.pair("k", 9, GGUFBytes.number(UInt32(0)) + GGUFBytes.number(UInt64(0)))
    let path = try directory.write(GGUFBytes.file(pairs: [pair]), to: "a.gguf")
    let conversion = try Conversion(of: path, Self.copying(.safetensors))
    #expect(
      conversion.warnings.contains(
        "metadata left out, as only GGUF files have arrays and long texts: k"))
  }

  @Test func `the native layout goes there and back`() throws {
    var random = SeededGenerator(seed: 4)
    let bench = try Workbench([("a.weight", .init(.float32, [8, 16], &random))])
    var options = ConversionOptions(spec: try QuantizationSpec())
    let expected = try bench.convert(options)
    options.format = .gguf
    let gguf = try bench.convert(options, to: "q.gguf")
    #expect(try gguf.tensorBytes == expected.tensorBytes)
    #expect(try Verification(of: gguf, against: bench.input).run().findings.isEmpty)
    var way = Dequantization.Options()
    way.format = .safetensors
    let floats = bench.directory.path("floats.safetensors")
    _ = try Dequantization(of: gguf, way).write(to: floats)
    #expect(try SafetensorsFile(floats).tensors == bench.dequantized(expected))
    let back = bench.directory.path("floats.gguf")
    _ = try Dequantization(of: gguf).write(to: back)
    #expect(try Checkpoint(back).metadata.contains { $0 == ("general.file_type", "0") })
    #expect(try back.tensorBytes == floats.tensorBytes)
  }

  @Test(arguments: [
    ("U8", [2], PlanError.ggufCannotHold("w", .uint8)),
    ("BOOL", [2], .ggufCannotHold("w", .bool)), ("F8_E4M3", [2], .ggufCannotHold("w", .float8E4M3)),
    ("I8", [1, 1, 1, 1, 2], .ggufRankTooHigh("w", 5)),
  ])
  func `what GGUF cannot hold is refused by name`(
    _ dtype: String, _ shape: [Int], _ reason: PlanError
  ) throws {
    let bench = try Workbench([("w", .init(dtype: dtype, shape: shape, bytes: [1, 0]))])
    #expect(throws: reason) { try Conversion(of: bench.input, Self.copying(.gguf)) }
  }

  @Test func `the shards of a directory become one file`() throws {
    let directory = try TemporaryDirectory()
    try directory.addShard("m/model-1.safetensors", "a", "b")
    try directory.addShard("m/model-2.safetensors", "c")
    try directory.addIndex(
      ["a": "model-1.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"],
      to: "m/model.safetensors.index.json")
    let output = directory.path("m.gguf")
    _ = try Conversion(of: directory.path("m"), Self.copying(.gguf)).write(to: output)
    #expect(try Checkpoint(output).tensors.map(\.name) == ["a", "b", "c"])
    var options = try Self.copying(.gguf)
    options.shardByteCount = 16
    #expect(throws: PlanError.ggufNeedsFile) {
      try Conversion(of: directory.path("m"), options)
    }
  }

  @Test func `what other readers of GGUF do not take is told of`() throws {
    let name = String(repeating: "n", count: 64)
    let bench = try Workbench([
      (name, .init(dtype: "I8", shape: [1], bytes: [1])),
      ("s", .init(dtype: "BF16", shape: [], bytes: [0, 0])),
    ])
    #expect(
      try Conversion(of: bench.input, Self.copying(.gguf)).warnings == [
        "llama.cpp reads no names of 64 bytes and more, as \(name)",
        "gguf-py 0.19 reads no file with a scalar of type BF16, as s",
      ])
  }
}
