import QConvert
import SystemPackage

/// What a page shows, which needs nothing else.
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
}
