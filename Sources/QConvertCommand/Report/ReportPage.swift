import Mustache
import QConvert
import SystemPackage

/// What the template `report.mustache` takes: one page that needs nothing else.
struct ReportPage {
  let title: String
  let input: String
  let output: String
  let layout: String
  let bytesBefore: String
  let bytesAfter: String
  let sizeShare: String
  let coverage: String
  let quantizedCount: Int
  let tensorCount: Int
  let total: Total?
  let untouched: Untouched?
  /// The report as JSON that no text in it can end.
  let data: String
  let version = Version.current
  let style = Self.text(PackageResources.report_css)
  let script = Self.text(PackageResources.report_js)
  /// The only script that the page may run; scripts/check-structure.sh compares it with the file.
  let scriptHash = "sha256-bQUWCxabQKSm9mKyia2aiFwFRL03YWO/oY2lmi5ecFE="

  struct Total {
    let signalToNoise: String
    let noise: String
    let worstSignalToNoise: String
    let worstName: String
    let qualities: [QualityCount]
    let thresholds: [Threshold]
  }

  struct QualityCount {
    let id: String
    let label: String
    let count: Int
  }

  struct Threshold {
    let dtype: String
    let expected: Int
    let fine: Int
    let watch: Int
  }

  struct Untouched {
    let summary: String
    let reasons: [Reason]
  }

  struct Reason {
    let reason: String
    let count: String
    let bytes: String
    let names: [String]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// The text of the page.
  func render() throws -> String {
    MustacheContentTypes.register(PageText(), named: "PAGE")
    return try MustacheTemplate(string: Self.text(PackageResources.report_mustache)).render(self)
  }
}

/// Text within a page, in elements and quoted attributes. The template library's own escaping goes by
/// characters and lets a `<` or a quote pass that bears an accent.
private struct PageText: MustacheContentType {
  func escapeText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
