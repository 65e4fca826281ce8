import Fixtures
import Foundation
import SystemPackage
import Testing

/// Runs the tool on files that are broken, odd or no files at all.
@Suite struct HostileInputTests {
  @Test(arguments: HostileCase.safetensors)
  func `a file ends with its verdict and leaves nothing behind`(_ hostile: HostileCase) throws {
    let directory = try TemporaryDirectory()
    let output = directory.path("out.safetensors")
    // "*" makes weights of all float tensors with an axis.
    let options = hostile.tensors ?? 0 > 0 ? ["--include", "*", "--nonfinite", "skip"] : []
    let result = try Tool.run([hostile.file.string, "-o", output.string, "--json"] + options)
    switch hostile.expected {
    case .accept:
      #expect(result.status == 0, "\(result.errors)")
      // Both files that are odd have nothing but NaN and infinity to quantize.
      #expect(result.errors.contains("nothing was quantized") == hostile.warn)
      #expect(result.errors.isEmpty || result.isOneLineOfErrors)
      #expect(try directory.contents == ["out.safetensors"])
      #expect(result.output.contains(" at flat index ") == hostile.warn)
      let inspected = try Tool.run("inspect", output.string)
      #expect(inspected.status == 0)
      #expect(!inspected.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    case .reject:
      #expect(result.status == 65)
      #expect(result.output == "")
      #expect(result.isOneLineOfErrors)
      #expect(result.errors.hasPrefix("qconvert: \(hostile.file): "))
      #expect(try directory.contents == [])
    }
  }

  struct NoFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Shell that makes `input` in the current directory.
    let making: String
    let reason: String

    static let all = [
      NoFile(testDescription: "missing", making: "true", reason: "No such file or directory"),
      NoFile(testDescription: "a FIFO", making: "mkfifo input", reason: "not a regular file"),
      NoFile(
        testDescription: "a directory", making: "mkdir input",
        reason: "no safetensors file and no index"),
      NoFile(
        testDescription: "a device", making: "ln -s /dev/zero input", reason: "not a regular file"),
      NoFile(
        testDescription: "a link to itself", making: "ln -s input input",
        reason: "Too many levels of symbolic links"),
      NoFile(
        testDescription: "a link to nothing", making: "ln -s nowhere input",
        reason: "No such file or directory"),
      NoFile(
        testDescription: "below a file", making: "touch file; ln -s file/input input",
        reason: "Not a directory"),
    ]
  }

  @Test(.timeLimit(.minutes(10)), arguments: NoFile.all, ["convert", "inspect"])
  func `what is no file is refused at once, with the reason`(
    _ noFile: NoFile, _ command: String
  ) throws {
    let directory = try TemporaryDirectory()
    let result = try Tool.run(
      [command, "input"], by: noFile.making + #"; exec "$@""#, in: directory.url)
    #expect(result.status == 66)
    #expect(result.output == "")
    #expect(result.isOneLineOfErrors)
    #expect(result.errors.hasPrefix("qconvert: input: "))
    #expect(result.errors.hasSuffix("\(noFile.reason)\n"))
    #expect(try directory.contents.allSatisfy { !$0.hasSuffix(".safetensors") })
  }

  @Test(.enabled(if: Unprivileged.isPossible, "root needs setpriv to lose its rights"))
  func `a file that may not be read is no input`() throws {
    let directory = try TemporaryDirectory()
    let model = try directory.writeSample()
    try model.setMode(0)
    let result = try Unprivileged.run([model.string], with: directory)
    #expect(result.status == 66)
    #expect(result.errors == "qconvert: \(model): cannot open: Permission denied\n")
  }

  @Test(
    arguments: zip(
      [" {}", "{}\n", #"{"__metadata__":null}"#],
      [
        "blanks before the header's text",
        "the header is padded with something other than spaces", "__metadata__ is null",
      ]))
  func `an odd header is a warning`(_ header: String, _ text: String) throws {
    let directory = try TemporaryDirectory()
    let model = try directory.write(SafetensorsFile.bytes(header: header), to: "model")
    for arguments in [["inspect", model.string], [model.string, "--quiet"]] {
      let result = try Tool.run(arguments)
      #expect(result.status == 0)
      #expect(result.errors == "qconvert: warning: \(model): \(text)\n")
    }
  }

  @Test func `names come through bit for bit and cannot drive a terminal`() throws {
    let names = [
      "caf\u{e9}.weight", "cafe\u{301}.weight", "a\u{1b}[2J.weight", "line\nbreak", "../../x",
      "", ".", "\u{202e}rtl", String(repeating: "x", count: 1 << 16), "nul\0.weight",
    ]
    let entries = names.enumerated().map { index, name in
      let data = try? JSONEncoder().encode(name)
      return String(decoding: data ?? Data(), as: UTF8.self)
        + #":{"dtype":"F32","shape":[1,1],"data_offsets":[\#(index * 4),\#(index * 4 + 4)]}"#
    }
    let directory = try TemporaryDirectory()
    let bytes = SafetensorsFile.bytes(
      header: "{\(entries.joined(separator: ","))}",
      data: Array(repeating: 0, count: 4 * names.count))
    let model = try directory.write(bytes, to: "model")
    let output = directory.path("out")
    let result = try Tool.run(
      model.string, "-o", output.string, "--exclude", "*", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let report =
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    let tensors = try #require(report?["tensors"] as? [[String: Any]])
    #expect(
      tensors.map { ($0["name"] as? String).map { Array($0.utf8) } } == names.map { Array($0.utf8) }
    )
    for arguments in [["inspect", model.string], ["inspect", output.string]] {
      let text = try Tool.run(arguments).output
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
      #expect(text.utf8.count < 10_000)
    }
  }

  @Test func `names of files do not drive the terminal, neither by errors nor by results`() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.writeSample("a\u{1b}[31m\u{9b}.safetensors")
    let result = try Tool.run(["a\u{1b}[31m\u{9b}.safetensors"], in: directory.url)
    #expect(result.status == 0)
    #expect(result.output.hasPrefix(#"a\u{1B}[31m\u{009B}.safetensors -> "#))
    #expect(!result.output.unicodeScalars.contains("\u{1b}"))
  }
}
