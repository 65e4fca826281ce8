public import SystemPackage

/// The conversion of a float checkpoint into a quantized one: the whole flow, from top to bottom.
///
///     checkpoint file --Checkpoint--> tensor descriptors
///                     --TensorSelection, QuantizationSpec--> decisions, each with its reason
///                     --OutputLayout--> entries to write
///                     --PlanBuilder--> plan: every entry with its place, every slab of work
///                     --PipelineRun--> read, range, qparams, quantize, write; in parallel
///                     --FileSink--> fsync, rename
///
/// Up to the plan no tensor is read and nothing is written; but where tensors with values that are not
/// finite are to be copied, planning has to look at all weights.
public struct Conversion: Sendable {
  /// The input.
  public let checkpoint: Checkpoint
  /// How it is converted.
  public let options: ConversionOptions
  /// What will be done.
  public let plan: ConversionPlan

  /// Opens a checkpoint and plans its conversion.
  ///
  /// - Throws: ``StorageError``, ``CheckpointError``, ``PlanError``, ``CalculatorError``,
  ///   ``LayoutError``; ``RecordError/alreadyQuantized`` for a file that is an output of this library.
  public init(of input: FilePath, _ options: ConversionOptions) throws {
    checkpoint = try Checkpoint(input)
    self.options = options
    guard try checkpoint.quantizationRecord() == nil else {
      throw CheckpointError(path: input, reason: RecordError.alreadyQuantized)
    }
    let decisions = try Self.decide(checkpoint, options)
    let plan = try ConversionPlan(checkpoint, decisions, options)
    self.plan =
      options.skipsNonFinite
      ? try plan.skippingNonFinite(in: checkpoint, decisions, options) : plan
  }

  /// Converts into a file, which appears complete or not at all.
  ///
  /// - Parameters:
  ///   - output: The file to write.
  ///   - progress: Tells how far the conversion is, and stops it.
  /// - Returns: What became of every tensor.
  /// - Throws: ``StorageError``, ``QuantizationError`` for a value that is not finite,
  ///   `CancellationError`.
  public func write(
    to output: FilePath, progress: ConversionProgress = ConversionProgress()
  ) throws -> ConversionReport {
    let duration = try plan.write(
      to: output, from: [checkpoint.file], jobs: options.workerCount,
      overwrite: options.overwrites, isDurable: options.isDurable, progress: progress)
    return ConversionReport(
      plan, input: checkpoint, output: output, layout: options.layout.name, duration: duration)
  }

  /// What ``write(to:progress:)`` would do, as far as that can be told without writing.
  ///
  /// - Throws: ``StorageError`` where the output cannot be written.
  public func dryRun(to output: FilePath) throws -> ConversionReport {
    try plan.checkDestination(
      output, inputs: [checkpoint.file], overwrite: options.overwrites)
    return ConversionReport(
      plan, input: checkpoint, output: output, layout: options.layout.name, duration: nil)
  }

  /// What becomes of every tensor, in the order of the checkpoint.
  private static func decide(
    _ checkpoint: Checkpoint, _ options: ConversionOptions
  ) throws -> [TensorDecision] {
    if let pattern = options.selection.unmatchedPatterns(in: checkpoint.tensors).first {
      throw PlanError.unmatchedPattern(pattern)
    }
    return try checkpoint.tensors.map { tensor in
      if let reason = options.selection.reasonToCopy(tensor) { return .copy(reason) }
      do {
        let spec = try options.spec.resolved(rank: tensor.shape.count)
        _ = try spec.granularity.blockShape(for: tensor.shape)
        return .quantize(spec)
      } catch let error as GranularityError {
        if options.isStrict { throw PlanError.cannotApply(tensor.name, error) }
        return .skip(.granularity(error))
      }
    }
  }
}
