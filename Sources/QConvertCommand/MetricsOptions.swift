import ArgumentParser
import QConvert
import SystemPackage

/// The options that say whether and where error figures go.
struct MetricsOptions: ParsableArguments {
  @Flag(help: "Measure what quantization costs, and print it, the worst tensors first.")
  var metrics = false

  @Option(
    help: ArgumentHelp(
      "Write what quantization costs to a file, as CSV or JSON by its name.",
      valueName: "file.csv|file.json"))
  var metricsFile: FilePath?

  /// Whether anything of this is wanted.
  var isGiven: Bool { metrics || metricsFile != nil }

  func validate() throws {
    if let metricsFile, !["csv", "json"].contains(metricsFile.extension?.lowercased()) {
      throw ValidationError(
        "--metrics-file takes a name that ends in .csv or .json: \(metricsFile)")
    }
  }

  /// Demands that files can be written, before much else is done.
  func checkDestinations(overwrite: Bool) throws {
    if let metricsFile { try MetricsReport.check(metricsFile, overwrite: overwrite) }
  }

  /// Writes the files.
  func write(_ report: ConversionReport, overwrite: Bool) throws {
    guard isGiven, report.duration != nil else { return }
    if report.wasComplete {
      Console.warn("\(report.output): was complete before, nothing was measured")
      return
    }
    let metrics = MetricsReport(report)
    if let metricsFile { try metrics.write(to: metricsFile, overwrite: overwrite) }
  }
}

extension MetricsReport {
  /// The figures for a person, the worst tensors first.
  func summary(verbose: Bool) -> String {
    guard let total else { return "  nothing is quantized, nothing is lost" }
    let worst = worstFirst
    let shown = verbose ? worst[...] : worst.prefix(10)
    let rows = shown.map { tensor, figures in
      ["  \(TensorName(tensor.name))"] + figures.cells
        + [
          figures.scales.map {
            "scales \(Double($0.lowerBound).short)...\(Double($0.upperBound).short)"
          } ?? ""
        ]
    }
    let title =
      shown.count < worst.count
      ? "  the \(shown.count) lowest signal-to-noise ratios of \(worst.count):"
      : "  signal-to-noise ratios, lowest first:"
    return [
      "  all quantized tensors: " + total.cells.joined(separator: ", "), title,
      Console.table(rows),
    ].joined(separator: "\n")
  }
}

extension ErrorFigures {
  fileprivate var cells: [String] {
    [
      "SQNR \(signalToNoise.formatted(digits: 1)) dB", "MSE \(meanSquaredError.exponential)",
      "max error \(maxError.formatted(significant: 3))",
      "cosine \(cosineSimilarity.formatted(digits: 6))",
      "clipped \((100 * clippedShare).formatted(digits: 2)) %",
    ]
  }
}

extension Double {
  fileprivate var short: String { formatted(significant: 3) }

  /// The number with two digits and an exponent: `1.2e-06`.
  fileprivate var exponential: String {
    guard isFinite, self > 0 else { return formatted(digits: 0) }
    var value = self
    var exponent = 0
    while value >= 9.95 {
      value /= 10
      exponent += 1
    }
    while value < 0.995 {
      value *= 10
      exponent -= 1
    }
    return "\(value.formatted(digits: 1))e\(exponent)"
  }
}
