import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert verify QUANTIZED --against FLOAT`: is the file what the conversion gives?
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Convert a float checkpoint again in memory and compare with a quantized one.",
    discussion: "Reports the error of every quantized tensor. Exit code 65 when they disagree.")

  @Argument(help: "A file or directory that qconvert has written.")
  var quantized: FilePath

  @Option(help: "The float checkpoint it was made from.")
  var against: FilePath

  @OptionGroup var runOptions: RunOptions

  func run() throws {
    let verification = try FileError.naming(quantized, isRecorded: true) {
      try Verification(of: quantized, against: against, hdf5: .byTool)
    }
    let report = try FileError.naming(against) {
      try runOptions.run(on: quantized) { progress in
        try verification.run(jobs: runOptions.jobs, progress: progress)
      }
    }
    if runOptions.json {
      try Console.write(report.json)
    } else if !runOptions.quiet {
      try Console.write(text(report))
    }
    guard report.findings.isEmpty else {
      Console.fail("\(quantized): not what \(against) gives: \(report.findings[0])")
      throw ExitCode(ExitStatus.dataError.rawValue)
    }
  }

  private func text(_ report: Verification.Report) -> String {
    let worstFirst = report.errors.map { ($0.name, $0.figures, $0.figures.signalToNoise) }
      .sorted { ($0.2, $0.0) < ($1.2, $1.0) }
    let shown = runOptions.verbose ? worstFirst[...] : worstFirst.prefix(5)
    let rows = shown.map { name, figures, ratio in
      [
        "  \(name)", "SQNR \(ratio.formatted(digits: 1)) dB",
        "max error \(figures.maxError.formatted(significant: 3))",
      ]
    }
    var lines: [String] = []
    if !rows.isEmpty {
      lines.append(
        shown.count < worstFirst.count
          ? "the lowest signal-to-noise ratios:" : "signal-to-noise ratios, lowest first:")
      lines.append(Console.table(rows))
    }
    if report.findings.isEmpty {
      lines.append("\(report.comparedCount.of("tensor")) agree, byte for byte")
    } else {
      lines.append("disagreements: \(report.findings.count)")
      lines += report.findings.map { "  \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}
