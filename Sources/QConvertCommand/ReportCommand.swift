import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert report METRICS.json`: what quantization costs, to look at.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show what quantization costs, from a file that --metrics-file has written.",
    discussion: """
      With --output, writes a page for a browser: one file that loads nothing else.
      """)

  @Argument(help: "A JSON file that convert --metrics-file has written.")
  var metrics: FilePath

  @Option(name: .shortAndLong, help: "Write the report as a page for a browser.")
  var output: FilePath?

  @Flag(help: "Print the figures as one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print no figures.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print a line for every quantized tensor, not the worst 20.")
  var verbose = false

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if json, quiet { throw ValidationError("--json does not go with --quiet") }
  }

  func run() throws {
    let report = try MetricsReport(contentsOf: metrics)
    if let output {
      try report.writePage(
        to: output, madeFrom: metrics, overwrite: outputOptions.overwrite,
        isDurable: outputOptions.sync == .full)
    }
    if json {
      try Console.write(report.json)
    } else if !quiet {
      try Console.write(TerminalReport(report, .standardOutput).text(verbose: verbose))
    }
  }
}

extension MetricsReport {
  /// Writes the report as a page for a browser; the file appears complete or not at all.
  func writePage(
    to path: FilePath, madeFrom input: FilePath? = nil, overwrite: Bool, isDurable: Bool
  ) throws {
    try TextFile.write(
      ReportPage(self).markup.text, to: path, madeFrom: input, overwrite: overwrite,
      isDurable: isDurable)
  }
}
