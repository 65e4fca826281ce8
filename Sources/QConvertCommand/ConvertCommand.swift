import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert [convert] INPUT`: float in, quantized out.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Quantize the weights of a safetensors file; the default.")

  @Argument(help: "The safetensors file.")
  var input: FilePath

  @Option(
    name: .shortAndLong,
    help: "The file to write. (default: beside the input, NAME.DTYPE[.LAYOUT].safetensors)")
  var output: FilePath?

  @OptionGroup(title: "Quantization") var quantization: QuantizationOptions

  @Option(help: "How the output is laid out: \(Layouts.names.joined(separator: ", ")).")
  var layout = Layouts.names[0]

  @Flag(help: "Let values of less than a byte share bytes, in the native layout.")
  var packed = false

  @Option(help: "Whether parameters go to NAME.buffers.safetensors beside the output.")
  var buffers: BufferPlacement = .together

  @Option(help: "Quantize float tensors whose names match this glob, too. Repeatable.")
  var include: [String] = []

  @Option(help: "Copy tensors whose names match this glob. Repeatable.")
  var exclude: [String] = []

  @Option(help: "What to do with weights that hold NaN or infinity.")
  var nonfinite: NonFinitePolicy = .error

  @Flag(help: "Make a weight that the spec cannot apply to an error instead of a copy.")
  var strict = false

  @Option(help: "A bound on working memory, such as 64M.")
  var maxMemory: ByteCount?

  @Flag(help: "Print what would be done, with exact sizes, and write nothing.")
  var dryRun = false

  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var runOptions: RunOptions

  func run() throws {
    try FileError.naming(input, convert)
  }

  private func convert() throws {
    let conversion = try Conversion(of: input, makeOptions())
    let output = self.output ?? defaultOutput
    if let format = output.extension, ["h5", "hdf5", "keras"].contains(format.lowercased()) {
      throw ValidationError("\(output): only safetensors files can be written")
    }
    let report =
      dryRun
      ? try conversion.dryRun(to: output)
      : try runOptions.run(on: input) { progress in
        try conversion.write(to: output, progress: progress)
      }
    for warning in report.warnings { Console.warn("\(input): \(warning)") }
    let skipped = report.tensors.first { $0.decision.action == "skipped" }
    if let skipped, !report.tensors.contains(where: { $0.decision.spec != nil }) {
      let reason = skipped.decision.reason ?? ""
      Console.warn("\(input): nothing was quantized; tensor \(skipped.name): \(reason)")
    }
    if runOptions.json {
      try Console.write(report.json)
    } else if !runOptions.quiet {
      try Console.write(report.summary(verbose: runOptions.verbose))
    }
  }

  private func makeOptions() throws -> ConversionOptions {
    var options = ConversionOptions(spec: try quantization.spec())
    guard let layout = Layouts.named(self.layout, isPacked: packed) else {
      throw ValidationError(
        "no layout is called \(self.layout); there are: \(Layouts.names.joined(separator: " "))")
    }
    if packed, !(layout is NativeLayout) {
      throw ValidationError("--packed goes with the native layout only")
    }
    options.layout = layout
    options.selection = TensorSelection(include: include, exclude: exclude)
    options.separatesBuffers = buffers == .separate
    options.isStrict = strict
    options.skipsNonFinite = nonfinite == .skip
    options.jobs = runOptions.jobs
    options.memoryBound = maxMemory?.bytes
    options.overwrites = outputOptions.overwrite
    options.isDurable = outputOptions.sync == .full
    return options
  }

  private var defaultOutput: FilePath {
    let stem = input.stem ?? "model"
    let layout = layout == Layouts.names[0] ? "" : ".\(layout)"
    return input.removingLastComponent()
      .appending("\(stem).\(quantization.dtype.rawValue)\(layout).safetensors")
  }
}
