import Synchronization

extension ConversionPlan {
  /// The plan that follows from what was decided about a model's tensors, in their order.
  init(
    _ model: Model, _ verdicts: [TensorVerdict], _ options: ConversionOptions
  ) throws {
    let slabBytes = try options.slabByteCount
    let globalScales = try GlobalScales(of: model, verdicts, options)
    var drafts = try zip(model.storedTensors, verdicts).map { source, verdict in
      switch verdict.decision {
      case .drop: return PlanBuilder.Draft(dropping: source, verdict)
      case .copy, .skip: return PlanBuilder.Draft(copying: source, verdict, slabBytes: slabBytes)
      case .cast(_, let precision):
        return PlanBuilder.Draft(casting: source, to: precision, verdict, slabBytes: slabBytes)
      case .quantize(let spec):
        return try PlanBuilder.Draft(
          quantizing: source, spec, verdict, options.layout, options.calculators,
          globalScale: globalScales[source.descriptor.name], slabBytes: slabBytes)
      }
    }
    let files = OutputFiles(of: model, drafts, options)
    if options.separatesBuffers, files.roles.contains(where: \.isShard) {
      throw PlanError.separateBuffersInDirectory
    }
    for index in drafts.indices { drafts[index].file = files.fileOfTensor[index] }
    // Nothing quantized leaves nothing to close, and the output is a copy.
    let isCopy = drafts.allSatisfy { $0.decision.spec == nil }
    let format = options.format(for: model)
    if let compression = options.compression {
      if case .gzip(let level) = compression, !(1...9 ~= level) {
        throw PlanError.invalidCompressionLevel(level)
      }
      guard format == .hdf5 else { throw PlanError.compressionNeedsHDF5 }
    }
    if options.architecture != nil, format != .gguf { throw PlanError.architectureNeedsGGUF }
    if format == .keras, files.roles != [.main] { throw PlanError.archiveNeedsAll }
    if format != .safetensors {
      guard files.roles.allSatisfy({ !$0.isShard }) else {
        throw format == .gguf ? PlanError.ggufNeedsFile : PlanError.hdf5NeedsFile
      }
    }
    // What goes into an archive is asked where that is planned.
    guard format == .keras || options.layout.formats.contains(format) else {
      throw PlanError.wrongFormat(
        layout: options.layout.name, format, takes: options.layout.formats)
    }
    let builder = PlanBuilder(
      files: try Self.metadata(of: files, model, drafts, options),
      separatesParameters: options.separatesBuffers)
    let shards = files.roles.count { $0 != .buffers }
    self = try builder.plan(
      drafts, closing: isCopy ? [] : options.layout.closingEntries, inFile: shards - 1)
    if format == .safetensors || format == .gguf { warnings += model.leftOutDatasets }
    if format != .gguf { warnings += model.leftOutPairs }
    index = PlannedIndex(of: self, model)
    if let layout = options.layout as? any ModelConfiguring, !isCopy {
      try configure(model, layout, LayoutModel(drafts, of: model))
    } else if let layout = model.dequantized?.layout as? any ModelConfiguring {
      try unconfigure(model, layout)
    }
    try checkMemory(options)
  }

  /// The files with the metadata of the checkpoint files that their tensors come from, and a record of
  /// their quantized tensors, so that every file stands for itself.
  private static func metadata(
    of files: OutputFiles, _ model: Model, _ drafts: [PlanBuilder.Draft],
    _ options: ConversionOptions
  ) throws -> [PlanBuilder.File] {
    let archive =
      options.format(for: model) == .keras
      ? try ArchiveTemplate(of: model, drafts.quantized, options.layout) : nil
    var tensors = files.roles.map { _ in [QuantizationRecord.Tensor]() }
    var casts = files.roles.map { _ in [QuantizationRecord.Cast]() }
    var sources = files.roles.map { _ in [Int]() }
    for draft in drafts {
      guard let precision = FloatPrecision(draft.dtype) else { continue }
      if draft.decision.castType != nil {
        casts[draft.file].append(.init(name: draft.name, precision: precision))
      }
      guard let spec = draft.decision.spec else { continue }
      tensors[draft.file].append(
        .init(
          name: draft.name, precision: precision, shape: draft.shape, view: draft.view, spec: spec,
          entries: options.layout.recordsEntries ? draft.entries : nil))
    }
    for (source, file) in zip(model.shardOfTensor, files.fileOfTensor)
    where sources[file].last != source {
      sources[file].append(source)
    }
    let own =
      tensors.allSatisfy(\.isEmpty)
      ? []
      : (options.layout as? any ModelConfiguring)?.metadata(
        of: LayoutModel(drafts, of: model)) ?? []
    return try files.roles.enumerated().map { index, role in
      // The parameters stand for the tensors of the file before.
      let main = role == .buffers ? index - 1 : index
      let record = QuantizationRecord(
        layout: options.layout.name,
        isPacked: options.layout.isPacked, tensors: tensors[main], casts: casts[main])
      let recorded =
        record.tensors.isEmpty && record.casts.isEmpty
        ? []
        : [MetadataEntry(name: QuantizationRecord.metadataName, value: record.text)]
      // A shard without tensors keeps its place.
      let kept = sources[main].isEmpty ? [main] : sources[main]
      return PlanBuilder.File(
        role: role,
        metadata: (role == .buffers ? [] : model.metadata(ofShards: kept).replacing(own))
          + recorded,
        template: try options.template(of: model, isMain: role == .main),
        gguf: options.format(for: model) == .gguf
          ? try options.ggufTemplate(of: model, isMain: role == .main) : nil,
        archive: archive)
    }
  }

  /// The plan without the tensors that have no finite quantization: reads all that are to be
  /// quantized, and writes nothing.
  func skippingNonFinite(
    in model: Model, _ verdicts: [TensorVerdict], _ options: ConversionOptions
  ) throws -> ConversionPlan {
    let found = Mutex<[Int: QuantizationError]>([:])
    let run = PipelineRun(
      self, into: NullSink(), progress: ConversionProgress(),
      onUnquantizable: { tensor, error in
        found.withLock { found in
          // The lowest index, whatever worker came first.
          if let known = found[tensor], known.index <= error.index { return }
          found[tensor] = error
        }
      })
    try run.run(jobs: options.workerCount)
    let errors = found.withLock { $0 }
    if errors.isEmpty { return self }
    var verdicts = verdicts
    for (tensor, error) in errors {
      let skipped = TensorVerdict(.skip(.nonFinite(error)), verdicts[tensor].rule)
      // What was cast keeps its type, which holds all its values.
      verdicts[tensor] =
        verdicts[tensor].decision.spec == nil
        ? skipped : skipped.stored(by: options.layout, model.storedTensors[tensor].descriptor)
    }
    return try ConversionPlan(model, verdicts, options)
  }
}

extension QuantizationError {
  fileprivate var index: Int {
    switch self {
    case .nonFinite(_, let index, _), .rangeOverflow(_, let index), .scaleUnderflow(_, let index),
      .parameterOverflow(_, let index, _), .castOverflow(_, let index, _, _):
      index
    }
  }
}

extension OutputFiles {
  /// The files that the options ask for.
  fileprivate init(
    of model: Model, _ drafts: [PlanBuilder.Draft], _ options: ConversionOptions
  ) {
    if let limit = options.shardByteCount {
      self.init(
        byteCounts: drafts.map { $0.entries.reduce(0) { $0 + $1.byteCount } }, limit: limit,
        stem: model.stem)
    } else if model.directory != nil, options.format(for: model) != .gguf {
      self.init(shardsOf: model)
    } else {
      self.init(tensorCount: drafts.count, separatesParameters: options.separatesBuffers)
    }
  }
}

extension ConversionOptions {
  /// The container of the output.
  func format(for model: Model) -> OutputFormat {
    if let format { return format }
    if layout.formats.contains(.keras), model.shards.first?.checkpoint.archive != nil {
      return .keras
    }
    if layout.formats == [.gguf] || layout.formats.contains(.gguf) && model.isGGUF { return .gguf }
    return model.hdf5 == nil ? .safetensors : .hdf5
  }

  /// What a GGUF output takes over.
  fileprivate func ggufTemplate(of model: Model, isMain: Bool) throws -> GGUFTemplate {
    guard isMain else { return try GGUFTemplate(of: nil) }
    // Files of the layout are for consumers that ask for one.
    let name =
      layout is GGUFLayout ? model.configuration?["model_type"]?.string : nil
    return try GGUFTemplate(
      of: model, architecture: architecture, defaultArchitecture: name)
  }

  /// What an HDF5 output takes over; nil for another.
  fileprivate func template(of model: Model, isMain: Bool) throws -> HDF5Template? {
    let format = format(for: model)
    guard format == .hdf5 || format == .keras else { return nil }
    // Where weights are within an archive they are as Keras writes them, without chunks.
    return try HDF5Template(
      isMain ? model.hdf5 : nil, of: isMain ? model.shards.map(\.checkpoint) : [],
      compression: format == .keras ? .off : compression, withoutOptimizer: dropsOptimizerState)
  }
}

extension [PlanBuilder.Draft] {
  /// How tensors are quantized, by their names.
  fileprivate var quantized: [TensorName: QuantizationSpec] {
    Dictionary(
      compactMap { draft in draft.decision.spec.map { (draft.name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }
}
