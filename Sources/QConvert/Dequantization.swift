public import SystemPackage

/// The way back: a quantized file or directory into floats, with the names, types and shapes of the original.
///
///     quantized file --QuantizationRecord, OutputLayout--> entries to read
///                    --PlanBuilder--> plan --PipelineRun--> read, dequantize, write
public struct Dequantization: Sendable {
  /// The quantized file.
  public let checkpoint: QuantizedCheckpoint
  /// What will be done.
  public let plan: ConversionPlan
  private let options: Options

  /// How a file is dequantized.
  public struct Options: Sendable {
    /// The number of workers; nil means one a core.
    public var jobs: Int?
    /// Whether an existing output is replaced.
    public var overwrites = false
    /// Whether the output is on the disk before it gets its name.
    public var isDurable = true
    /// The calculators that specs name.
    public var calculators = Calculators.builtIn
    /// The container of the output where neither it nor the input is HDF5; nil means that of the input.
    public var format: OutputFormat?
    /// Where libhdf5 walks an HDF5 file.
    public var hdf5Access = HDF5Access.inProcess

    /// The defaults of the command line.
    public init() {}
  }

  /// Opens a quantized file and plans the way back.
  ///
  /// - Throws: ``StorageError``, ``CheckpointError``, ``PlanError``.
  public init(of input: FilePath, _ options: Options = Options()) throws {
    let checkpoint = try QuantizedCheckpoint(input, hdf5: options.hdf5Access)
    self.checkpoint = checkpoint
    self.options = options
    guard checkpoint.files.allSatisfy({ $0.archive == nil }) else {
      throw CheckpointError(path: input, reason: RecordError.inArchive)
    }
    plan = try ConversionPlan(dequantizing: checkpoint, options.calculators, options.format)
  }

  /// Dequantizes into a file, which appears complete or not at all.
  ///
  /// - Parameters:
  ///   - output: The file to write.
  ///   - progress: Tells how far the work is, and stops it.
  /// - Returns: What became of every tensor.
  /// - Throws: ``StorageError``, `CancellationError`.
  public func write(
    to output: FilePath, progress: ConversionProgress = ConversionProgress()
  ) throws -> ConversionReport {
    let model = checkpoint.model
    let sink = try plan.sink(
      of: model, to: output, overwrite: options.overwrites, isDurable: options.isDurable,
      resumes: false)
    let jobs = Machine.workerCount(options.jobs)
    let result = try plan.write(
      into: sink, from: checkpoint.files.map(\.file), jobs: jobs, progress: progress)
    return ConversionReport(
      plan, of: model, to: output, layout: "float", warnings: model.allWarnings + plan.warnings,
      jobs: jobs, duration: result.duration, stored: sink.storedByteCounts)
  }
}

extension ConversionPlan {
  /// The plan that turns a quantized file back into floats.
  ///
  /// A layout that keeps the original (coreai-prepared) has it quantized and dequantized again: what
  /// its model computes with.
  init(
    dequantizing checkpoint: QuantizedCheckpoint, _ calculators: Calculators,
    _ format: OutputFormat? = nil
  ) throws {
    let slabBytes = SlabPartition.usualByteCount
    var drafts: [TensorName: PlanBuilder.Draft] = [:]
    var taken = Set(checkpoint.layout.closingEntries.map(\.name))
    for (tensor, entries) in zip(checkpoint.record.tensors, checkpoint.entries) {
      let tensors = try entries.map { try checkpoint.stored($0) }
      taken.formUnion(entries.map(\.name))
      guard let first = entries.first else { continue }
      func stored(_ content: OutputEntry.Content) -> StoredTensor? {
        zip(entries, tensors).first { $0.0.content == content }?.1
      }
      let verdict = TensorVerdict(.quantize(tensor.spec), .record, as: tensor.view)
      let result = OutputEntry(
        tensor.name.string, tensor.precision.dtype, tensor.shape, .dequantized)
      if let values = stored(.dequantized) {
        drafts[first.name] = .init(copying: values, as: tensor.name, verdict, slabBytes: slabBytes)
      } else if let original = stored(.original) {
        drafts[first.name] = try .init(
          quantizing: original, tensor.spec, verdict, checkpoint.layout, calculators,
          slabBytes: slabBytes, entries: [result])
      } else if let dequantization = try checkpoint.dequantization(of: tensor, entries, calculators)
      {
        drafts[first.name] = .init(
          name: tensor.name, dtype: tensor.precision.dtype, shape: tensor.shape,
          decision: verdict.decision, rule: verdict.rule, entries: [result],
          inputByteCount: dequantization.data.descriptor.byteCount,
          work: .dequantize(dequantization), slabs: dequantization.slabs(slabBytes))
      }
    }
    let casts = checkpoint.record.castsByName
    let model = checkpoint.model
    let ordered = try model.shards.enumerated().flatMap { index, shard in
      try shard.checkpoint.tensors.compactMap { tensor -> PlanBuilder.Draft? in
        var draft = drafts[tensor.name]
        if draft == nil, !taken.contains(tensor.name) {
          draft = try .init(
            restoring: StoredTensor(file: shard.checkpoint.data, descriptor: tensor),
            casts[tensor.name], checkpoint, calculators, slabBytes: slabBytes)
        }
        draft?.file = index
        return draft
      }
    }
    let isGGUF = model.hdf5 == nil && (format.map { $0 == .gguf } ?? model.isGGUF)
    if isGGUF, model.directory != nil { throw PlanError.ggufNeedsFile }
    let files = try model.shards.map { shard in
      PlanBuilder.File(
        role: model.directory == nil ? .main : .shard(shard.name),
        metadata: shard.checkpoint.entries.filter { !checkpoint.layout.describesCodes($0) },
        template: shard.checkpoint.hdf5 == nil
          ? nil : try HDF5Template(shard.checkpoint.hdf5, of: [shard.checkpoint]),
        gguf: isGGUF ? try GGUFTemplate(of: model) : nil)
    }
    self = try PlanBuilder(files: files).plan(ordered)
    if !isGGUF { warnings += model.leftOutPairs }
    index = PlannedIndex(of: self, model)
    if let layout = checkpoint.layout as? any ModelConfiguring { try unconfigure(model, layout) }
  }
}

extension PlanBuilder.Draft {
  /// A tensor that no record tells of as quantized: blocks turned into floats, floats in the type they had.
  fileprivate init(
    restoring source: StoredTensor, _ precision: FloatPrecision?,
    _ checkpoint: QuantizedCheckpoint, _ calculators: Calculators, slabBytes: Int
  ) throws {
    let tensor = source.descriptor
    let verdict = TensorVerdict(.copy(.notQuantized), .record)
    if let type = tensor.blockType, tensor.elementCount > 0 {
      let dequantization = try checkpoint.dequantization(ofBlocks: source, calculators)
      let name = tensor.name.string
      self.init(
        name: tensor.name, dtype: .float32, shape: tensor.elementShape,
        decision: .copy(.blocks(type)), rule: verdict.rule,
        entries: [OutputEntry(name, .float32, tensor.elementShape, .dequantized)],
        inputByteCount: tensor.byteCount, work: .dequantize(dequantization),
        slabs: dequantization.slabs(slabBytes))
    } else if tensor.blockType != nil {
      self.init(ofNothing: source, verdict)
    } else if let own = FloatPrecision(tensor.dtype), let precision, precision != own {
      self.init(
        casting: source, to: precision, verdict.cast(from: own, to: precision),
        slabBytes: slabBytes)
    } else {
      self.init(copying: source, verdict, slabBytes: slabBytes)
    }
  }
}
