import QConvert
import SystemPackage

extension ReportPage {
  /// The page of a report.
  init(_ report: MetricsReport) {
    title = report.modelName
    input = FilePath(report.input).lastComponent?.string ?? report.input
    output = FilePath(report.output).lastComponent?.string ?? report.output
    layout = report.layout
    bytesBefore = report.inputByteCount.asBytes
    bytesAfter = report.outputByteCount.asBytes
    sizeShare = report.sizeShare.formatted(digits: 1)
    coverage = (100 * report.coverage).formatted(digits: 1)
    let quantized = report.worstFirst
    quantizedCount = quantized.count
    tensorCount = report.tensors.count
    total = quantized.first.map { Total(report, worst: $0.tensor, $0.figures) }
    untouched = Untouched(report)
    data = report.scriptData
  }
}

extension ReportPage.Total {
  fileprivate init(
    _ report: MetricsReport, worst: MetricsReport.Tensor, _ figures: ErrorFigures
  ) {
    // What a report says of the whole may be missing from a file.
    let overall = report.total?.signalToNoise ?? figures.signalToNoise
    signalToNoise = overall.decibels
    noise =
      overall.isFinite
      ? "the error is \((100 * overall.noiseShare).formatted(significant: 2)) % of the weights"
      : "nothing is lost"
    worstSignalToNoise = figures.signalToNoise.decibels
    worstName = worst.name
    qualities = report.qualities.map { quality, count in
      .init(id: quality.rawValue, label: quality.label(count), count: count)
    }
    let dtypes = Set(report.tensors.compactMap { $0.figures == nil ? nil : $0.quantizedDType })
    thresholds = QuantizedDType.allCases.filter(dtypes.contains).map { dtype in
      let thresholds = Quality.Thresholds(dtype)
      return .init(
        dtype: dtype.rawValue, expected: thresholds.expected, fine: Int(thresholds.fine),
        watch: Int(thresholds.watch))
    }
  }
}

extension ReportPage.Untouched {
  /// The tensors that are not quantized, by reason; nil where there are none.
  fileprivate init?(_ report: MetricsReport) {
    let tensors = report.tensors.filter { $0.figures == nil }
    guard !tensors.isEmpty else { return nil }
    func bytes(_ tensors: [MetricsReport.Tensor]) -> String {
      Int(tensors.reduce(0.0) { $0 + Double($1.inputByteCount) }).asBytes
    }
    summary =
      "\(tensors.count.of("tensor")) \(tensors.count == 1 ? "is" : "are") not quantized "
      + "(\(bytes(tensors)))"
    reasons = Dictionary(grouping: tensors, by: \.treatment)
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { reason, tensors in
        .init(
          reason: reason.isEmpty ? "no reason recorded" : reason, count: tensors.count.of("tensor"),
          bytes: bytes(tensors), names: tensors.map(\.name))
      }
  }
}

extension MetricsReport {
  /// What the input is called: the name of its directory where its own says nothing.
  var modelName: String {
    let path = FilePath(input).lexicallyNormalized()
    let stem = path.lastComponent?.stem ?? input
    let parent = path.removingLastComponent().lastComponent?.string
    return stem == "model" ? parent ?? stem : stem
  }

  /// The JSON text as it may stand in a script element: nothing in it looks like markup.
  fileprivate var scriptData: String {
    json.unicodeScalars.reduce(into: "") { text, scalar in
      if scalar == "<" { text += "\\u003c" } else { text.unicodeScalars.append(scalar) }
    }
  }
}
