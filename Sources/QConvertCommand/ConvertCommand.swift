import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert [convert] INPUT...`: float in, quantized out.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract:
      "Quantize the weights of a safetensors, GGUF or HDF5 file or a model directory; the default.",
    discussion: """
      Several inputs, or a directory of model directories, are a batch: a model that fails is reported, and the others are converted.
      """)

  @Argument(
    help: """
      A safetensors, GGUF or HDF5 file, a .keras archive, an index, a model directory, or a directory of these.
      """)
  var inputs: [FilePath]

  @Option(
    name: .shortAndLong,
    help: """
      The file or directory to write; for a batch the directory that takes the outputs. \
      (default: beside the input, NAME.DTYPE[.LAYOUT][.safetensors])
      """)
  var output: FilePath?

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Option(help: "How the output is laid out: \(Layouts.names.joined(separator: ", ")).")
  var layout = Layouts.names[0]

  @Option(
    help: """
      The container of the output. (default: that of the output's extension, else of the input)
      """)
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp(
      "The architecture that a GGUF output names. (default: that of the input, or of config.json)",
      valueName: "name"))
  var architecture: String?

  @Option(
    help: """
      How the datasets of an HDF5 output are stored: \(HDF5Compression.off), or \
      \(HDF5Compression.gzip(level: 1)) to \(HDF5Compression.gzip(level: 9)). \
      (default: as in an HDF5 input)
      """)
  var compression: HDF5Compression?

  @Flag(help: "Let values of less than a byte share bytes, in the native layout.")
  var packed = false

  @Option(help: "Whether parameters go to NAME.buffers.safetensors beside the output.")
  var buffers: BufferPlacement = .together

  @Option(help: "Begin a new shard where one would hold more than this, such as 5GB.")
  var shardSize: ByteCount?

  @Option(help: "What to do with weights that hold NaN or infinity.")
  var nonfinite: NonFinitePolicy = .error

  @Flag(help: "Make a weight that the spec cannot apply to an error instead of a copy.")
  var strict = false

  @Option(help: "A bound on working memory, such as 64M.")
  var maxMemory: ByteCount?

  @Flag(help: "Leave the state of the optimizer out of the output.")
  var dropOptimizer = false

  @Flag(
    help: """
      Print what would be done, with exact sizes (of compressed outputs the most they can be), \
      and write nothing.
      """)
  var dryRun = false

  @Flag(help: "Print for every tensor which rule decided what becomes of it.")
  var explain = false

  @Flag(help: "Take up a conversion of a directory, or a batch, that was stopped.")
  var resume = false

  @Flag(
    inversion: .prefixedNo,
    help: "Whether a batch goes on after a model that failed. (default: --continue-on-error)")
  var continueOnError: Bool?

  @OptionGroup var metricsOptions: MetricsOptions
  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    if let shardSize, shardSize.bytes < 1 { throw ValidationError("--shard-size takes 1 or more") }
    if shardSize != nil, buffers == .separate {
      throw ValidationError("--buffers separate goes with files only, not with --shard-size")
    }
    if let output, output.string.lowercased().hasSuffix(".weights.json") {
      throw ValidationError(
        "\(output): HDF5 outputs are not sharded; write one .h5, or safetensors with --shard-size")
    }
    if shardSize != nil, requestedFormat == .gguf {
      throw ValidationError("--shard-size goes with safetensors outputs: a GGUF output is one file")
    }
    if buffers == .separate, writesOnlyGGUF {
      throw ValidationError("--buffers separate: blocks of a GGUF file hold their parameters")
    }
    if architecture?.isEmpty == true { throw ValidationError("--architecture takes a name") }
    if metricsOptions.isGiven, dryRun {
      throw ValidationError("a dry run has nothing to measure: --metrics does not go with it")
    }
    if compression != nil, requestedFormat == .safetensors || requestedFormat == .gguf {
      throw ValidationError("--compression goes with HDF5 outputs only")
    }
    if resume, dryRun { throw ValidationError("--resume does not go with --dry-run") }
  }

  func run() throws {
    let options = try makeOptions()
    switch try Jobs(inputs, output: output, self) {
    case .model(let item): try convert(item, options)
    case .batch(let items, let warnings):
      for warning in warnings { Console.warn(warning) }
      try convert(items, options)
    }
  }

  private func convert(_ item: Batch.Item, _ options: ConversionOptions) throws {
    try metricsOptions.checkDestinations(overwrite: outputOptions.overwrite)
    let report = try FileError.naming(item.input) {
      let conversion = try Conversion(of: item.input, options)
      return dryRun
        ? try conversion.dryRun(to: item.output)
        : try runOptions.run(on: item.input) { progress in
          try conversion.write(to: item.output, progress: progress)
        }
    }
    warn(report)
    try metricsOptions.write(report, overwrite: outputOptions.overwrite)
    if runOptions.json {
      try Console.write(report.json)
    } else if !runOptions.quiet || explain {
      try Console.write(
        report.summary(
          verbose: runOptions.verbose, explain: explain, metrics: metricsOptions.metrics))
    }
  }

  private func convert(_ items: [Batch.Item], _ options: ConversionOptions) throws {
    if !metricsOptions.files.isEmpty {
      throw ValidationError(
        "--metrics-file and --report are for one model; --metrics --json tells of several")
    }
    let batch = Batch(items, options, continuesOnError: continueOnError ?? true)
    let tellsModels = !runOptions.quiet && !runOptions.progress.isShown && !dryRun
    let outcomes =
      dryRun
      ? batch.dryRun()
      : try runOptions.run(on: "\(items.count.of("model"))") { progress in
        batch.run(progress: progress) { outcome in
          if tellsModels { Console.note(outcome.line) }
        }
      }
    for outcome in outcomes {
      if case .success(let report) = outcome.result { warn(report) }
    }
    let result = BatchResult(outcomes, of: items)
    if runOptions.json {
      try Console.write(result.json)
    } else if !runOptions.quiet || explain {
      try Console.write(
        result.summary(
          verbose: runOptions.verbose, explain: explain, metrics: metricsOptions.metrics))
    }
    if let status = result.status {
      Console.fail(result.failure)
      throw ExitCode(status.rawValue)
    }
  }

  private func warn(_ report: ConversionReport) {
    for warning in report.warnings { Console.warn("\(report.input): \(warning)") }
    let skipped = report.tensors.first { $0.decision.action == "skipped" }
    if let skipped, !report.tensors.contains(where: { $0.decision.spec != nil }) {
      let reason = skipped.decision.reason ?? ""
      Console.warn("\(report.input): nothing was quantized; tensor \(skipped.name): \(reason)")
    }
  }

  private func makeOptions() throws -> ConversionOptions {
    guard let layout = Layouts.named(self.layout, isPacked: packed) else {
      throw ValidationError(
        "no layout is called \(self.layout); there are: \(Layouts.names.joined(separator: " "))")
    }
    if packed, !(layout is NativeLayout) {
      throw ValidationError("--packed goes with the native layout only")
    }
    var options = try configurationOptions.makeOptions(for: layout)
    options.format = requestedFormat
    options.compression = compression
    options.architecture = architecture
    options.hdf5Access = .byTool
    options.separatesBuffers = buffers == .separate
    options.shardByteCount = shardSize?.bytes
    options.dropsOptimizerState = dropOptimizer
    options.isStrict = strict
    options.skipsNonFinite = nonfinite == .skip
    options.jobs = runOptions.jobs
    options.memoryBound = maxMemory?.bytes
    options.overwrites = outputOptions.overwrite
    options.isDurable = outputOptions.sync == .full
    options.resumes = resume
    options.measuresErrors = metricsOptions.isGiven
    return options
  }

  /// Whether the layout is one of GGUF files only.
  var writesOnlyGGUF: Bool { Layouts.named(layout)?.formats == [.gguf] }

  /// The container that the options ask for, or that is the only one of the layout.
  var requestedFormat: OutputFormat? {
    if let asked = format ?? output.flatMap(OutputFormat.init(extensionOf:)) { return asked }
    return writesOnlyGGUF ? .gguf : nil
  }

  /// What the name of an output has more than that of its input.
  var label: String {
    // A GGUF file says by its extension what it is.
    let isPlain = layout == Layouts.names[0] || writesOnlyGGUF
    let ending = isPlain ? "" : ".\(layout)"
    return configurationOptions.label(for: Layouts.named(layout)) + ending
  }
}
