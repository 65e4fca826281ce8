import Fixtures
import Foundation
import SystemPackage
import Testing

/// What `qconvert report` prints, and how it ends.
@Suite struct ReportTests {
  let directory: TemporaryDirectory
  let metrics: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    var file = MetricsFile()
    file.add("a.weight", ratio: 20, bytes: (2000, 500), maxError: 0.25, cosine: 0.9, clipped: 0.5)
    file.add("b.weight", ratio: 10)
    file.add("c.bias", copied: "not named weight")
    file.add("d.weight", ratio: nil, bytes: (500, 250), maxError: 0, cosine: 1, clipped: 0)
    metrics = try directory.write(file.bytes(), to: "metrics.json")
  }

  private func report(
    _ path: FilePath, _ options: [String] = [], columns: Int = 100, locale: String = "C.UTF-8"
  ) throws -> String {
    let result = try Tool.run(
      ["report", path.string] + options,
      environment: ["COLUMNS": "\(columns)", "LC_ALL": locale])
    #expect(result.status == 0)
    #expect(result.errors == "")
    return result.output
  }

  // MARK: The terminal

  @Test func `a terminal gets totals, the layers and the worst tensors`() throws {
    #expect(
      try report(metrics) == """
        tiny: 4.00 kB → 1.00 kB (25.0 %), layout native
        3 of 4 tensors quantized, 75.0 % of the bytes
        SQNR 15.0 dB, max error 0.500, clipped 25.00 %
        2 fine, 1 to watch
        SQNR by layer █▁█ 10.0 to 20.0 dB

        tensor     SQNR dB          max error  clipped    cosine  size             after
        b.weight      10.0  ███         0.500  25.00 %  0.800000  500 B → 125 B    ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██
        a.weight      20.0  ██████      0.250  50.00 %  0.900000  2.00 kB → 500 B  ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██
        d.weight  lossless  ██████          0   0.00 %  1.000000  500 B → 250 B    ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██

        """)
  }

  @Test(arguments: ["C", "en_GB.ISO-8859-1"])
  func `other locales than UTF-8 get ASCII`(_ locale: String) throws {
    let text = try report(metrics, locale: locale)
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("SQNR by layer @.@ 10.0 to 20.0 dB\n"))
    #expect(text.contains("b.weight      10.0  ###  "))
    #expect(text.contains("500 B -> 125 B    ..::--==++**##@@\n"))
  }

  @Test(arguments: [40, 60, 80, 100, 140])
  func `lines fit the width, and long names lose their middle`(_ columns: Int) throws {
    var file = MetricsFile()
    let long = "model.decoder.layers.17.self_attention.query_key_value.projection.dense.weight"
    for index in 0..<200 { file.add("\(long)\(index)", ratio: 12 + Double(index % 10)) }
    let path = try directory.write(file.bytes(), to: "long.json")
    let lines = try report(path, columns: columns).split(separator: "\n").dropFirst(4)
    #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
    let row = try #require(lines.first { $0.contains("weight0 ") })
    #expect(row.hasPrefix("model.") && row.contains("…"))
  }

  @Test func `the worst twenty are shown, or all with --verbose`() throws {
    var file = MetricsFile()
    for index in 0..<25 { file.add("w\(index)x", ratio: 40 - Double(index)) }
    let path = try directory.write(file.bytes(), to: "many.json")
    func names(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { $0.hasPrefix("w") }.map { $0.prefix { $0 != " " } }
    }
    let text = try report(path)
    #expect(names(text).map(String.init) == (5..<25).reversed().map { "w\($0)x" })
    #expect(text.hasSuffix("5 more, all better: --verbose\n"))
    #expect(names(try report(path, ["--verbose"])).count == 25)
  }

  @Test func `a report of nothing quantized says so`() throws {
    var file = MetricsFile()
    file.add("steps", copied: "I64 is not a float type that can be quantized")
    let text = try report(directory.write(file.bytes(), to: "none.json"))
    #expect(text.contains("0 of 1 tensor quantized, 0.0 % of the bytes\n"))
    #expect(text.hasSuffix("nothing is quantized, nothing is lost\n"))
  }

  #if os(Linux)
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func `a terminal decides about the width`() throws {
    // util-linux's `script` gives the tool a terminal.
    let result = try Tool.run(
      [metrics.string],
      by: #"COLUMNS=200 exec script -q -e -c "stty cols 44; '$1' report '$2'" /dev/null"#)
    #expect(result.status == 0)
    #expect(result.output.contains("b.weight"))
    #expect(!result.output.contains("cosine"))
  }
  #endif

  // MARK: Files and exit codes

  @Test func `--json gives the figures back`() throws {
    let text = try report(metrics, ["--json"])
    let json = try Data(text.utf8).json
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(
      tensors.compactMap { $0["name"] as? String } == [
        "b.weight", "a.weight", "d.weight", "c.bias",
      ])
  }

  @Test func `a page is written once, and again only with --overwrite`() throws {
    let page = directory.path("report.html")
    let arguments = ["report", metrics.string, "-o", page.string, "--quiet", "--sync", "none"]
    let first = try Tool.run(arguments)
    #expect(first.status == 0 && first.output == "" && first.errors == "")
    let second = try Tool.run(arguments)
    #expect(second.status == 73)
    #expect(second.isOneLineOfErrors && second.errors.contains("--overwrite"))
    #expect(try Tool.run(arguments + ["--overwrite"]).status == 0)
    #expect(try directory.strangers(beside: "metrics.json", "report.html") == [])
  }

  @Test func `a page never takes the place of its metrics`() throws {
    let before = try metrics.bytes
    let result = try Tool.run(
      "report", metrics.string, "-o", metrics.string, "--overwrite", "--quiet")
    #expect(result.status == 73)
    #expect(result.isOneLineOfErrors)
    #expect(try metrics.bytes == before)
  }

  @Test func `a file that is not there ends with 66`() throws {
    let result = try Tool.run("report", directory.path("missing.json").string)
    #expect(result.status == 66)
    #expect(result.isOneLineOfErrors && result.output == "")
  }

  @Test(arguments: ["", "{}", "[1]", "name,dtype\n", #"{"format_version": 2}"#, "\u{0}\u{1}"])
  func `a file that is no report ends with 65`(_ text: String) throws {
    let path = try directory.write(Array(text.utf8), to: "odd.json")
    let result = try Tool.run("report", path.string, "-o", directory.path("odd.html").string)
    #expect(result.status == 65)
    #expect(result.isOneLineOfErrors && result.output == "")
    #expect(try !directory.contents.contains("odd.html"))
  }
}
