import Fixtures
import Foundation
import SystemPackage
import Testing

/// The page that `qconvert report --output` writes; scripts/check-report.sh looks at it in a browser.
@Suite struct ReportPageTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The page, as bytes: to strings, characters that look the same are the same.
  private func page(_ file: MetricsFile) throws -> Data {
    let metrics = try directory.write(file.bytes(), to: "metrics.json")
    let page = directory.path("report.html")
    let result = try Tool.run(
      "report", metrics.string, "-o", page.string, "--quiet", "--overwrite")
    #expect(result.status == 0)
    #expect(result.errors == "")
    return Data(try page.bytes)
  }

  private func contains(_ page: Data, _ text: String) -> Bool {
    page.range(of: Data(text.utf8)) != nil
  }

  @Test(arguments: [
    "</script><img src=x onerror=alert(1)>", "<!--<script>", "\"><b onclick=alert(1)>",
    "'><b onclick=alert(1)>", "<\u{301}b>", "\"\u{301}><b>", "&lt;", "{{{data}}}",
  ])
  func `names are text wherever they are`(_ name: String) throws {
    var file = MetricsFile()
    file.layout = name
    file.add(name, ratio: 20)
    file.add(name, copied: name)
    let page = try page(file)
    let start = Data(#"id="metrics">"#.utf8)
    let data = try #require(page.range(of: start)).upperBound
    let end = try #require(page.range(of: Data("</script>".utf8), in: data..<page.endIndex))
      .lowerBound
    let escaped = name.unicodeScalars.map { scalar in
      ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;"][scalar]
        ?? String(scalar)
    }.joined()
    #expect(contains(page[..<data], "<bdi>\(escaped)</bdi>"))
    #expect(!contains(page[..<data], "<bdi>\(name)") || escaped == name)
    // In the data nothing begins an element, and it is what it was.
    #expect(!page[data..<end].contains(UInt8(ascii: "<")))
    let json = try Data(page[data..<end]).json
    #expect((json["layout"] as? String).map { Array($0.utf8) } == Array(name.utf8))
    // Ours are the only scripts: the data and the code.
    #expect(String(decoding: page, as: UTF8.self).components(separatedBy: "<script").count == 3)
  }

  @Test func `the page loads nothing and may run one script`() throws {
    var file = MetricsFile()
    file.add("a.weight", ratio: 20)
    let page = try page(file)
    #expect(contains(page, "default-src 'none'; script-src 'sha256-"))
    #expect(!contains(page, "script-src 'unsafe-inline'"))
    for address in ["http://", "https://", "src=", "@import", "url("] {
      let text = String(decoding: page, as: UTF8.self)
        .replacing("http://www.w3.org/2000/svg", with: "")
      #expect(!text.contains(address), "\(address)")
    }
  }

  @Test func `headline figures are those of the report`() throws {
    var file = MetricsFile()
    file.add("a.weight", ratio: 20, bytes: (2000, 500))
    file.add("b.weight", ratio: 9.9)
    file.add("c.bias", copied: "not named weight", byteCount: 2500)
    let page = try page(file)
    for text in [
      "<h1><bdi>tiny</bdi></h1>", "1.00 kB <small>of 4.00 kB", "25.0 % of what it was",
      "50.0 % <small>of the bytes", "2 of 3 tensors", "15.0 dB",
      // 10^(-15 / 20) = 0.1778
      "the error is 17.8 % of the weights", "9.9 dB", "<bdi>b.weight</bdi>", "<b>1</b> suffers",
      "1 tensor is not quantized (2.50 kB)", "not named weight <small>1 tensor, 2.50 kB",
      #"data-dtype="int4" data-fine="16" data-watch="10""#,
    ] {
      #expect(contains(page, text), "\(text)")
    }
  }

  @Test func `a page of nothing quantized has neither chart nor table`() throws {
    var file = MetricsFile()
    file.add("steps", copied: "")
    let page = try page(file)
    #expect(contains(page, "Nothing is quantized"))
    #expect(contains(page, "no reason recorded"))
    #expect(!contains(page, #"id="table""#))
    #expect(!contains(page, #"id="chart""#))
  }
}
