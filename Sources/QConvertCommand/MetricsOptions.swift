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

  @Option(
    help: ArgumentHelp(
      "Write a page for a browser that shows what quantization costs.", valueName: "file.html"))
  var report: FilePath?

  /// Whether anything of this is wanted.
  var isGiven: Bool { metrics || !files.isEmpty }

  /// What is written beside the output.
  var files: [FilePath] { [metricsFile, report].compactMap(\.self) }

  func validate() throws {
    if let metricsFile, !["csv", "json"].contains(metricsFile.extension?.lowercased()) {
      throw ValidationError(
        "--metrics-file takes a name that ends in .csv or .json: \(metricsFile)")
    }
  }

  /// Demands that files can be written, before much else is done.
  func checkDestinations(overwrite: Bool) throws {
    for file in files { try MetricsReport.check(file, overwrite: overwrite) }
  }

  /// Writes the files.
  func write(_ result: ConversionReport, overwrite: Bool) throws {
    guard isGiven, result.duration != nil else { return }
    if result.wasComplete {
      Console.warn("\(result.output): was complete before, nothing was measured")
      return
    }
    let metrics = MetricsReport(result)
    if let metricsFile { try metrics.write(to: metricsFile, overwrite: overwrite) }
    if let report { try metrics.writePage(to: report, overwrite: overwrite, isDurable: false) }
  }
}
