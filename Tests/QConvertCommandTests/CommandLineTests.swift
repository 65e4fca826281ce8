import Fixtures
import Foundation
import SystemPackage
import Testing

/// What the tool prints, where, and with which exit code it ends.
@Suite struct CommandLineTests {
  let directory: TemporaryDirectory
  let model: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = try directory.writeSample()
  }

  // MARK: Help and usage

  /// Recorded by QCONVERT_RECORD=1.
  @Test func `the help is the one on record`() throws {
    let commands = [[], ["convert"], ["inspect"], ["verify"], ["dequantize"], ["report"]]
    let texts = try commands.map { command in
      let result = try Tool.run(command + ["--help"], environment: ["COLUMNS": "80"])
      #expect(result.status == 0)
      #expect(result.errors == "")
      return (["$ qconvert"] + command + ["--help\n"]).joined(separator: " ") + result.output
    }
    let text = texts.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["QCONVERT_RECORD"] == "1" {
      let sources = URL(filePath: #filePath).deletingLastPathComponent()
      let record = sources.appending(path: "../../fixtures/golden/help.txt")
      try Data(text.utf8).write(to: record)
    } else {
      let record = try Fixtures.golden.appending("help.txt").bytes
      #expect(text == String(decoding: record, as: UTF8.self))
    }
  }

  @Test func `the version is a line of its own`() throws {
    let result = try Tool.run("--version")
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    #expect(result.errors == "")
  }

  @Test(arguments: [
    [], ["model.safetensors", "--bogus"],
    ["model.safetensors", "--preset", "w8", "--dtype", "int4"], [""], ["convert"],
    ["inspect"], ["verify", "model.safetensors"], ["dequantize", "model.safetensors"],
    ["model.safetensors", "--dtype", "int9"], ["model.safetensors", "--scheme", "odd"],
    ["model.safetensors", "--layout", "odd"], ["model.safetensors", "--calculator", "odd"],
    ["model.safetensors", "--range", "odd"], ["model.safetensors", "--jobs", "0"],
    ["model.safetensors", "--jobs", "x"], ["model.safetensors", "--max-memory", "12Q"],
    ["model.safetensors", "--max-memory", "1"], ["model.safetensors", "--block-size", "0"],
    ["model.safetensors", "--block-size", "4,,4"], ["model.safetensors", "--axis", "x"],
    ["model.safetensors", "--float-range", "1,2"], ["model.safetensors", "--float-range", "1"],
    ["model.safetensors", "--output", ""], ["model.safetensors", "--nonfinite", "keep"],
    ["model.safetensors", "--granularity", "per_tensor", "--axis", "0"],
    ["model.safetensors", "--granularity", "per_tensor", "--block-size", "4"],
    ["model.safetensors", "--granularity", "per_channel", "--block-size", "4"],
    ["model.safetensors", "--axis", "0", "--block-size", "4,4"],
    ["model.safetensors", "--dtype", "float8_e4m3fn", "--scheme", "asymmetric"],
    ["model.safetensors", "--dtype", "float8_e4m3fn", "--formulation", "minval"],
    ["model.safetensors", "--dtype", "int8", "--scale-dtype", "float8_e8m0fnu"],
    ["model.safetensors", "--layout", "coreml", "--packed"],
    ["model.safetensors", "--variant", "int8"], ["model.safetensors", "--group-size", "32"],
    ["model.safetensors", "--layout", "keras"],
    ["model.safetensors", "--layout", "keras", "--variant", "int2"],
    ["model.safetensors", "--layout", "keras", "--dtype", "uint8"],
    ["model.safetensors", "--layout", "keras", "--group-size", "128"],
    ["model.safetensors", "--layout", "keras", "--axis", "0"],
    ["model.safetensors", "--layout", "keras", "--variant", "int4", "--block-size", "4,4"],
    ["model.safetensors", "--include", "no.such*"], ["model.safetensors", "--exclude", "no.such*"],
    ["model.safetensors", "--jobs", "9223372036854775807", "--max-memory", "1M"],
  ])
  func `wrong usage ends with 64 and one line`(_ arguments: [String]) throws {
    let result = try Tool.run(arguments, in: directory.url)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.isOneLineOfErrors, "\(result.errors)")
    #expect(try directory.strangers(beside: "model.safetensors") == [])
  }

  @Test(arguments: ["--include", "--exclude"])
  func `a pattern that matches nothing is named`(_ option: String) throws {
    let result = try Tool.run(model.string, "--include", "a.*", option, "no.such*")
    #expect(
      result.errors
        == "qconvert: \(model): no tensor matches the pattern no.such*; "
        + "--allow-unmatched makes that a warning\n")
  }

  // MARK: Results

  @Test func `the output is beside the input, named after it and the type`() throws {
    let result = try Tool.run("model.safetensors", in: directory.url)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("model.safetensors -> model.int8.safetensors\n"))
    let another = try Tool.run("convert", model.string, "--dtype", "uint4", "--layout", "coreml")
    #expect(another.status == 0)
    #expect(
      try directory.contents == [
        "model.int8.safetensors", "model.safetensors", "model.uint4.coreml.safetensors",
      ])
  }

  @Test func `quiet prints nothing`() throws {
    let result = try Tool.run(model.string, "--quiet")
    #expect(result.status == 0)
    #expect(result.output == "")
    #expect(result.errors == "")
  }

  @Test func `json is one object on standard output`() throws {
    let result = try Tool.run(model.string, "--json", "--exclude", "b.*", "--progress", "always")
    #expect(result.status == 0)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report["input"] as? String == model.string)
    let output = directory.path("model.int8.safetensors")
    #expect(report["output"] as? String == output.string)
    #expect(report["layout"] as? String == "native")
    #expect(report["seconds"] as? Double != nil)
    #expect(report["bytes_in"] as? Int == (try model.bytes.count))
    #expect(report["bytes_out"] as? Int == (try output.bytes.count))
    let tensors = try #require(report["tensors"] as? [[String: Any]])
    #expect(
      tensors.map { $0["name"] as? String } == ["a.weight", "a.bias", "b.weight", "steps"])
    #expect(
      tensors.map { $0["action"] as? String } == ["quantized", "copied", "copied", "copied"])
    #expect(tensors[0]["dtype"] as? String == "F32")
    #expect(tensors[0]["shape"] as? [Int] == [8, 16])
    #expect(tensors[0]["reason"] is NSNull)
    #expect((tensors[0]["spec"] as? [String: Any])?["dtype"] as? String == "int8")
    #expect(tensors[0]["bytes_in"] as? Int == 512)
    #expect(tensors[0]["bytes_out"] as? Int == 128 + 3 * 4 * 8)
    #expect(tensors[2]["reason"] as? String == "excluded by b.*")
    #expect(tensors[2]["spec"] is NSNull)
  }

  @Test(arguments: [
    [], ["--dtype", "int4", "--block-size", "4", "--packed"], ["--layout", "coreai"],
    ["--buffers", "separate"],
  ])
  func `a dry run writes nothing and knows the size`(_ options: [String]) throws {
    let dry = try Tool.run([model.string, "--dry-run", "--json"] + options)
    #expect(dry.status == 0)
    #expect(try directory.contents == ["model.safetensors"])
    let report = try JSONSerialization.jsonObject(with: Data(dry.output.utf8)) as? [String: Any]
    let result = try Tool.run([model.string, "--output", directory.path("out").string] + options)
    #expect(result.status == 0)
    let written = try directory.strangers(beside: "model.safetensors")
    let sizes = try written.map { try directory.path($0).bytes.count }
    #expect(report?["bytes_out"] as? Int == sizes.reduce(0, +))
  }

  @Test func `inspecting shows tensors and metadata`() throws {
    let result = try Tool.run("inspect", model.string)
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(
      lines.dropLast() == [
        "a.weight  F32  [8, 16]  512 B",
        "a.bias    F32  [8]       32 B",
        "b.weight  F32  [4, 16]  256 B",
        "steps     I64  []         8 B",
        "metadata format: pt",
      ])
    #expect(lines.last?.hasPrefix("4 tensors, 201 elements, ") == true)
    let json = try Tool.run("inspect", model.string, "--json")
    let contents = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(contents["metadata"] as? [String: String] == ["format": "pt"])
    #expect((contents["tensors"] as? [[String: Any]])?.count == 4)
  }

  // MARK: The way back

  @Test func `verifying agrees until a byte is flipped`() throws {
    #expect(try Tool.run(model.string, "--quiet").status == 0)
    let output = directory.path("model.int8.safetensors")
    let agreed = try Tool.run("verify", output.string, "--against", model.string)
    #expect(agreed.status == 0)
    #expect(agreed.output.hasSuffix("10 tensors agree, byte for byte\n"))
    #expect(agreed.errors == "")
    var bytes = try output.bytes
    bytes[try #require(SafetensorsFile(output).ranges["b.weight_minval"]).lowerBound + 15] ^= 1
    _ = try directory.write(bytes, to: "model.int8.safetensors")
    for options in [[], ["--quiet"], ["--json"]] {
      let result = try Tool.run(
        ["verify", output.string, "--against", model.string] + options)
      #expect(result.status == 65)
      let difference = "tensor b.weight_minval differs, first at byte 15"
      #expect(result.errors == "qconvert: \(output): not what \(model) gives: \(difference)\n")
      #expect(result.output.contains(difference) == (options != ["--quiet"]))
    }
  }

  @Test func `dequantizing gives the names and shapes of the original`() throws {
    #expect(try Tool.run(model.string, "--quiet").status == 0)
    let back = directory.path("back.safetensors")
    let quantized = directory.path("model.int8.safetensors")
    let result = try Tool.run("dequantize", quantized.string, "-o", back.string)
    #expect(result.status == 0)
    let original = try SafetensorsFile(model)
    let restored = try SafetensorsFile(back)
    #expect(restored.metadata == original.metadata)
    #expect(restored.tensors.mapValues(\.shape) == original.tensors.mapValues(\.shape))
    #expect(restored.tensors.mapValues(\.dtype) == original.tensors.mapValues(\.dtype))
    #expect(restored.tensors["a.bias"] == original.tensors["a.bias"])
    let again = try Tool.run("dequantize", quantized.string, "-o", back.string)
    #expect(again.status == 73)
    #expect(again.errors == "qconvert: \(back): already exists; --overwrite replaces it\n")
  }

  @Test func `only a quantized file can be verified or dequantized, and not again quantized`()
    throws
  {
    let output = directory.path("out.safetensors")
    let verified = try Tool.run("verify", model.string, "--against", model.string)
    let restored = try Tool.run("dequantize", model.string, "-o", output.string)
    for result in [verified, restored] {
      #expect(result.status == 65)
      #expect(result.errors.hasPrefix("qconvert: \(model): no metadata \"qconvert\""))
      #expect(result.isOneLineOfErrors)
    }
    #expect(try Tool.run(model.string, "-o", output.string, "--quiet").status == 0)
    let again = try Tool.run(output.string, "-o", directory.path("again").string)
    #expect(again.status == 65)
    #expect(again.errors.hasPrefix("qconvert: \(output): already quantized"))
  }

  // MARK: Values that are not finite

  @Test(arguments: [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
  func `a value that is not finite is an error with its place`(
    _ value: Float, _ name: String
  ) throws {
    var floats = Array(repeating: Float(1), count: 64)
    floats[37] = value
    floats[50] = value
    let input = try directory.writeWeight(floats, to: "odd.safetensors")
    let result = try Tool.run(input.string, "--output", directory.path("out").string)
    #expect(result.status == 65)
    #expect(
      result.errors.hasPrefix(
        "qconvert: \(input): tensor w.weight: the value at flat index 37 is \(name);"))
    #expect(result.isOneLineOfErrors)
    #expect(try directory.strangers(beside: "model.safetensors", "odd.safetensors") == [])
    let skipped = try Tool.run(
      input.string, "--output", directory.path("out").string, "--nonfinite", "skip", "--json")
    #expect(skipped.status == 0)
    #expect(skipped.output.contains(#""action": "skipped""#))
    #expect(skipped.output.contains("\(name) at flat index 37"))
    let output = try SafetensorsFile(directory.path("out"))
    let original = try SafetensorsFile(input)
    #expect(output.tensors == original.tensors)
  }

  // MARK: Streams

  @Test(arguments: [
    #""$@" | true"#, #""$@" >&-"#, #""$@" 2>&-"#, #""$@" <&- >&- 2>&-"#, #""$@" 2>&1 | true"#,
  ])
  func `standard streams that nobody reads do no harm`(_ line: String) throws {
    let arguments = [model.string, "--verbose", "--progress", "always", "--output"]
    let expected = directory.path("expected")
    #expect(try Tool.run(arguments + [expected.string]).status == 0)
    let output = directory.path("out")
    let result = try Tool.run(arguments + [output.string], by: line)
    #expect(result.status == 0)
    #expect(try output.bytes == expected.bytes)
  }
}
