import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert calibrate DUMP... -o OUT`: the parameters of activations.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Find the parameters of activations over dumps, as coreai-opt's calculators do.",
    discussion: """
      Each dump is a safetensors or HDF5 file with the same tensors: one batch. They are observed in the order given. The output holds \
      NAME_scale, NAME_zero_point, NAME_minval, NAME_running_min and NAME_running_max of every float tensor NAME.
      """)

  @Argument(help: "The dumps, in the order of the batches.")
  var dumps: [FilePath]

  @Option(name: .shortAndLong, help: "The file to write.")
  var output: FilePath

  @OptionGroup(title: "Quantization") var quantization: QuantizationOptions

  @Option(
    help: ArgumentHelp(
      "The weight of a new range in the moving average. (default: 0.01)", valueName: "0...1"))
  var averagingConstant: Double?

  @Option(help: "Observe only tensors whose names match this glob. Repeatable.")
  var include: [String] = []

  @Option(help: "Do not observe tensors whose names match this glob. Repeatable.")
  var exclude: [String] = []

  @Option(help: "The container of the output. (default: that of its extension)")
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp(
      "Go on from what a former calibration has written, with its settings.", valueName: "file"))
  var continueFrom: FilePath?

  @Flag(help: "Warn of tensors that are not in every dump instead of failing.")
  var allowMissing = false

  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    if let averagingConstant {
      guard 0...1 ~= averagingConstant else {
        throw ValidationError("--averaging-constant takes a weight from 0 to 1")
      }
      guard ["default", "moving_average"].contains(quantization.calculator ?? "default") else {
        throw ValidationError("--averaging-constant goes with the calculator moving_average")
      }
    }
    if [.perChannel, .perBlock].contains(quantization.granularity), quantization.axis == nil,
      quantization.blockSize?.sizes.count ?? 1 == 1
    {
      throw ValidationError("activations have no default axis: --axis names one")
    }
  }

  func run() throws {
    var calibration = try makeCalibration()
    try calibration.checkDestination(output, dumps: dumps)
    try runOptions.run(on: dumps.count.of("dump")) { progress in
      for dump in dumps { try calibration.observe(dump, progress: progress) }
    }
    let report = try calibration.write(to: output, format: format)
    for warning in report.warnings { Console.warn(warning) }
    if runOptions.json {
      try Console.write(report.json)
    } else if !runOptions.quiet {
      try Console.write(report.summary(verbose: runOptions.verbose))
    }
  }

  private func makeCalibration() throws -> Calibration {
    guard let continueFrom else {
      return try Calibration(
        options(try quantization.spec(default: .perTensor), constant: averagingConstant))
    }
    let saved = try Calibration.settings(of: continueFrom, hdf5: .byTool)
    let spec =
      quantization.isGiven ? try quantization.spec(default: .perTensor) : saved.spec
    return try Calibration(
      continuing: continueFrom, options(spec, constant: averagingConstant ?? saved.constant))
  }

  private func options(
    _ spec: QuantizationSpec, constant: Double?
  ) -> Calibration.Options {
    var options = Calibration.Options(spec: spec)
    if let constant {
      options.calculators.register(MovingAverageRange(constant: constant), as: "moving_average")
    }
    options.selection = TensorSelection(include: include, exclude: exclude)
    options.allowsMissing = allowMissing
    options.hdf5Access = .byTool
    options.jobs = runOptions.jobs
    options.overwrites = outputOptions.overwrite
    options.isDurable = outputOptions.sync == .full
    return options
  }
}

extension CalibrationReport {
  /// The report for a person.
  fileprivate func summary(verbose: Bool) -> String {
    var lines: [String] = []
    if verbose {
      lines.append(
        Console.table(
          tensors.map { name, state in
            let low = state.runningRanges.map(\.min).min()
            let high = state.runningRanges.map(\.max).max()
            return [
              "\(name)", "\(state.precision.dtype)", "\(state.grid)",
              state.count == 1 ? "1 batch" : "\(state.count) batches",
              low.flatMap { low in high.map { "[\(Float(low)), \(Float($0))]" } } ?? "",
            ]
          }))
    }
    let left = skipped.isEmpty ? "" : ", \(skipped.count) not observed"
    lines.append(
      "\(dumpCount.of("dump")) -> \(output): \(tensors.count.of("tensor")), \(spec)\(left)")
    return lines.joined(separator: "\n")
  }
}
