public import SystemPackage

/// The conversion of a float model into a quantized one: the whole flow, from top to bottom.
///
///     file or directory --Model--> tensor descriptors, shard by shard
///                       --QuantizerConfig, TensorSelector--> verdicts, each with its rule and reason
///                       --OutputLayout--> entries to write
///                       --PlanBuilder--> plan: every entry with its place, every slab of work
///                       --PipelineRun--> read, range, qparams, quantize, write; in parallel
///                       --FileSink, ChunkSink, DirectorySink--> fsync, rename
///
/// Up to the plan no tensor is read and nothing is written; but the weights of which two may be the same
/// are compared, and where tensors with values that are not finite are to be copied, planning has to look
/// at all weights.
public struct Conversion: Sendable {
  /// The input.
  public let model: Model
  /// How it is converted.
  public let options: ConversionOptions
  /// What will be done.
  public let plan: ConversionPlan
  /// What is unusual about the input and yet allowed, and what has no effect.
  public let warnings: [String]

  /// Opens a model and plans its conversion.
  ///
  /// - Throws: ``StorageError``, ``CheckpointError``, ``ModelError``, ``ConfigurationError``,
  ///   ``PlanError``, ``CalculatorError``, ``LayoutError``; ``RecordError/alreadyQuantized`` for an output
  ///   of this library.
  public init(of input: FilePath, _ options: ConversionOptions) throws {
    model = try Model(input, hdf5: options.hdf5Access).asFloats(options.calculators)
    var options = options
    if options.format(for: model) == .keras, let layout = options.layout as? any KerasConfiguring {
      options.layout = layout.forArchives
    }
    if let layout = options.layout as? any ModelConfiguring,
      let configuration = model.configuration
    {
      options.layout = layout.adapted(to: configuration)
    }
    self.options = options
    let tensors = model.storedTensors.map(\.descriptor)
    let specs = try SpecAssignment(
      options.configuration, options.moduleTypes, FileModules(model.layers),
      names: tensors.map(\.selectionName))
    let unmatched = try options.unmatched(specs, tensors)
    let verdicts = try options.verdicts(on: tensors, specs)
    let idle = options.selection.idlePatterns(tensors, verdicts)
    let plan = try ConversionPlan(model, verdicts, options)
    self.plan =
      options.skipsNonFinite ? try plan.skippingNonFinite(in: model, verdicts, options) : plan
    try self.plan.checkCoverage(options.requiredCoverage)
    warnings =
      model.allWarnings + self.plan.warnings + options.configuration.notes + unmatched
      + idle.map { "the pattern \(TensorName($0)) includes nothing that can be quantized" }
      + (try TiedTensors(model, self.plan)).notes
      + options.idleNotes(tensors)
      + (options.shardByteCount == nil ? [] : model.disputedMetadata).map {
        "the shards disagree on the metadata \(TensorName($0)); an output shard has that of its first tensor"
      }
  }

  /// Converts into a file, or for a directory into a directory; it appears complete or not at all.
  ///
  /// - Parameters:
  ///   - output: The file or directory to write.
  ///   - progress: Tells how far the conversion is, and stops it.
  /// - Returns: What became of every tensor.
  /// - Throws: ``StorageError``, ``QuantizationError`` for a value that is not finite,
  ///   `CancellationError`; ``StoppedError`` where ``ConversionOptions/resumes`` takes it up again.
  public func write(
    to output: FilePath, progress: ConversionProgress = ConversionProgress()
  ) throws -> ConversionReport {
    if isCarriedOut(at: output) { return report(output, .zero, wasComplete: true) }
    let sink = try sink(for: output)
    let result = try plan.write(
      into: sink, from: model.files, jobs: options.workerCount, progress: progress,
      measuresErrors: options.measuresErrors)
    return report(
      output, result.duration, errors: result.errors, stored: sink.storedByteCounts)
  }

  /// What ``write(to:progress:)`` would do, as far as that can be told without writing.
  ///
  /// - Throws: ``StorageError`` where the output cannot be written.
  public func dryRun(to output: FilePath) throws -> ConversionReport {
    try plan.checkDestination(output, of: model, overwrite: options.overwrites)
    return report(output, nil)
  }
}

extension Conversion {
  /// Whether a conversion that is to be resumed has reached its end before; then nothing of it stays but
  /// the output.
  func isCarriedOut(at output: FilePath) -> Bool {
    guard options.resumes, plan.isCarriedOut(at: output, of: model, hdf5: options.hdf5Access)
    else { return false }
    StagingDirectory.removeRemains(of: output)
    return true
  }

  func sink(for output: FilePath) throws -> any OutputSink {
    try plan.sink(
      of: model, to: output, overwrite: options.overwrites, isDurable: options.isDurable,
      resumes: options.resumes)
  }

  func report(
    _ output: FilePath, _ duration: Duration?, wasComplete: Bool = false,
    errors: [Int: ErrorSums] = [:], stored: [TensorName: Int] = [:]
  ) -> ConversionReport {
    ConversionReport(
      plan, of: model, to: output, layout: options.layout.name, warnings: warnings,
      jobs: options.workerCount, duration: duration, wasComplete: wasComplete, errors: errors,
      stored: stored)
  }
}
