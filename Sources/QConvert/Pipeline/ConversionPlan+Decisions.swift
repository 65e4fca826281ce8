import Synchronization

extension ConversionPlan {
  /// The plan that follows from decisions about a checkpoint's tensors.
  init(
    _ checkpoint: Checkpoint, _ decisions: [TensorDecision], _ options: ConversionOptions
  ) throws {
    let slabBytes = try options.slabByteCount
    let drafts = try zip(checkpoint.tensors, decisions).map { tensor, decision in
      let source = StoredTensor(file: checkpoint.file, descriptor: tensor)
      guard case .quantize(let spec) = decision else {
        return PlanBuilder.Draft(copying: source, decision, slabBytes: slabBytes)
      }
      return try PlanBuilder.Draft(
        quantizing: source, spec, decision, options.layout, options.calculators,
        slabBytes: slabBytes)
    }
    let record = QuantizationRecord(
      layout: options.layout.name,
      isPacked: (options.layout as? NativeLayout)?.isPacked ?? false,
      tensors: zip(checkpoint.tensors, decisions).compactMap { tensor, decision in
        guard case .quantize(let spec) = decision, let precision = FloatPrecision(tensor.dtype)
        else { return nil }
        return .init(name: tensor.name, precision: precision, shape: tensor.shape, spec: spec)
      })
    let builder = PlanBuilder(
      files: options.separatesBuffers ? ["", "buffers"] : [""],
      file: { options.separatesBuffers && $0.content.isParameter ? 1 : 0 })
    // Nothing quantized leaves nothing to record, and the output is a copy.
    let recorded =
      record.tensors.isEmpty
      ? [] : [SafetensorsHeader.Metadata(name: QuantizationRecord.metadataName, value: record.text)]
    self = try builder.plan(
      drafts, closing: record.tensors.isEmpty ? [] : options.layout.closingEntries,
      metadata: [checkpoint.header.metadata + recorded, recorded])
    try checkMemory(options)
  }

  /// Demands that the groups that reach beyond slabs fit the memory bound: their ranges and parameters
  /// are held while their tensor is at work, and those of the next tensor already.
  private func checkMemory(_ options: ConversionOptions) throws(PlanError) {
    guard let bound = options.memoryBound else { return }
    let groups = tensors.map { tensor in
      guard tensor.slabs.needsRangePass, case .quantize(let quantization, _) = tensor.work
      else { return 0 }
      return quantization.geometry.groupCount
    }
    let most = groups.sorted(by: >).prefix(2).reduce(0, +)
    let least = most * Self.bytesPerHeldGroup
    guard least <= bound else { throw .memoryBoundTooSmall(bound, least: least) }
  }

  /// Two bounds and three parameters.
  private static let bytesPerHeldGroup = 20

  /// The plan without the tensors that have no finite quantization: reads all that are to be
  /// quantized, and writes nothing.
  func skippingNonFinite(
    in checkpoint: Checkpoint, _ decisions: [TensorDecision], _ options: ConversionOptions
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
    var decisions = decisions
    for (tensor, error) in errors { decisions[tensor] = .skip(.nonFinite(error)) }
    return try ConversionPlan(checkpoint, decisions, options)
  }
}

extension QuantizationError {
  fileprivate var index: Int {
    switch self {
    case .nonFinite(_, let index, _), .rangeOverflow(_, let index), .scaleUnderflow(_, let index):
      index
    }
  }
}

extension OutputEntry.Content {
  /// Whether it is a parameter of groups.
  var isParameter: Bool { self == .scale || self == .zeroPoint || self == .minval }
}

extension PlanBuilder.Draft {
  /// A tensor copied as it is, perhaps under another name.
  init(
    copying source: StoredTensor, as name: TensorName? = nil, _ decision: TensorDecision,
    slabBytes: Int
  ) {
    let tensor = source.descriptor
    let entry = OutputEntry(
      (name ?? tensor.name).string, tensor.dtype, tensor.shape, .original)
    self.init(
      name: name ?? tensor.name, dtype: tensor.dtype, shape: tensor.shape, decision: decision,
      entries: [entry], inputByteCount: tensor.bytes.count, work: .copy(source),
      slabs: SlabPartition(elementCount: tensor.bytes.count, length: slabBytes))
  }

  /// A tensor quantized into the entries of a layout, or into others that follow from it.
  init(
    quantizing source: StoredTensor, _ spec: QuantizationSpec, _ decision: TensorDecision,
    _ layout: any OutputLayout, _ calculators: Calculators, slabBytes: Int,
    entries: [OutputEntry]? = nil
  ) throws {
    let tensor = source.descriptor
    guard let precision = FloatPrecision(tensor.dtype) else {
      preconditionFailure("only float tensors are quantized")
    }
    let geometry = BlockGeometry(
      shape: tensor.shape, block: try spec.granularity.blockShape(for: tensor.shape))
    let quantization = TensorQuantization(
      tensor: tensor, precision: precision, spec: spec, geometry: geometry,
      roundsQParams: layout.roundsQParams, packedBits: layout.packedBits(of: spec.dtype),
      rangeCalculator: try calculators.range(for: spec),
      qparamsCalculator: try calculators.qparams(for: spec))
    let quantized = QuantizedTensor(
      name: tensor.name, precision: precision, shape: tensor.shape, spec: spec,
      grid: geometry.grid)
    let entries = try entries ?? layout.entries(for: quantized)
    for entry in entries where !entry.fits(quantized, packedBits: quantization.packedBits) {
      throw LayoutError.malformedEntry(layout: layout.name, entry.name)
    }
    self.init(
      name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, decision: decision,
      entries: entries,
      inputByteCount: tensor.bytes.count, work: .quantize(quantization, from: source),
      slabs: SlabPartition(
        geometry, limit: max(slabBytes / precision.byteCount, 1),
        perByte: quantization.packedBits.map { 8 / $0 } ?? 1))
  }
}
