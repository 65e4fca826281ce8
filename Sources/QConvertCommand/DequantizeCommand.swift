import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert dequantize QUANTIZED -o OUT`: back to floats.
struct DequantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dequantize",
    abstract:
      "Turn a quantized file or directory back into floats, with the original's names and shapes.")

  @Argument(
    help:
      "A file or directory that qconvert, mlx-lm, compressed-tensors, torchao or a GGUF tool has written."
  )
  var quantized: FilePath

  @Option(name: .shortAndLong, help: "The file or directory to write.")
  var output: FilePath

  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var runOptions: RunOptions

  func run() throws {
    try FileError.naming(quantized, isRecorded: true, dequantize)
  }

  private func dequantize() throws {
    var options = Dequantization.Options()
    options.jobs = runOptions.jobs
    options.format = OutputFormat(extensionOf: output)
    options.hdf5Access = .byTool
    options.overwrites = outputOptions.overwrite
    options.isDurable = outputOptions.sync == .full
    let dequantization = try Dequantization(of: quantized, options)
    let report = try runOptions.run(on: quantized) { progress in
      try dequantization.write(to: output, progress: progress)
    }
    if runOptions.json {
      try Console.write(report.json)
    } else if !runOptions.quiet {
      try Console.write(
        "\(report.input) -> \(report.output): \(report.tensors.count.of("tensor")), "
          + "\(report.inputByteCount.asBytes) -> \(report.outputByteCount.asBytes)")
    }
  }
}
