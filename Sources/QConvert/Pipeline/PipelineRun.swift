import Synchronization

/// One run of a plan's work: what its workers share.
final class PipelineRun: Sendable {
  private let plan: ConversionPlan
  private let sink: any EntrySink
  private let schedule: WorkSchedule
  private let progress: ConversionProgress
  /// What is known of the tensors between their range pass and the end of their write pass.
  private let ranges = Mutex<[Int: TensorRanges]>([:])
  private let decoded: DecodedTensors
  private let measured: Mutex<[Int: [Int: ErrorSums]]>?
  /// The files that a former run has finished.
  private let finished: Set<Int>
  /// The slabs yet to be written, by file.
  private let slabsToWrite: Mutex<[Int]>
  /// Called with a tensor that cannot be quantized instead of failing.
  private let onUnquantizable: (@Sendable (Int, QuantizationError) -> Void)?

  /// A run of a plan into a sink, measuring errors if wanted: quantized values are then compared with
  /// the original ones. With `onUnquantizable`, a tensor that cannot be quantized does not end the run;
  /// it may be reported several times. What goes to files that are `finished` is left out.
  init(
    _ plan: ConversionPlan, into sink: any EntrySink, progress: ConversionProgress,
    finished: Set<Int> = [], measuresErrors: Bool = false,
    onUnquantizable: (@Sendable (Int, QuantizationError) -> Void)? = nil
  ) {
    self.plan = plan
    self.sink = sink
    self.progress = progress
    self.onUnquantizable = onUnquantizable
    self.finished = finished
    schedule = WorkSchedule(plan, without: finished)
    decoded = DecodedTensors(plan, beside: sink.place)
    slabsToWrite = Mutex(plan.slabCounts)
    measured = measuresErrors ? Mutex([:]) : nil
  }

  /// Does all the work with this many workers.
  func run(jobs: Int) throws {
    try begin()
    let progress = progress
    try WorkerPool(jobs: jobs, isCancelled: { progress.isCancelled })
      .run(schedule.count, makeWorker: SlabWorker.init, perform)
  }

  /// The work for a pool.
  func task(finish: @escaping @Sendable ((any Error)?) -> Void) throws -> PoolTask<SlabWorker> {
    try begin()
    return PoolTask(count: schedule.count, perform: perform, finish: finish)
  }

  /// What error figures of the quantized tensors are made of, by index in the plan.
  var errorSums: [Int: ErrorSums] {
    (measured?.withLock { $0 } ?? [:]).mapValues(ErrorSums.init)
  }

  /// Does what belongs to no slab.
  private func begin() throws {
    for entry in plan.closingEntries where !finished.contains(entry.file) {
      try put(constantOf: entry)
    }
    for (file, count) in slabsToWrite.withLock({ $0 }).enumerated()
    where count == 0 && !finished.contains(file) {
      try sink.finish(file: file)
    }
  }

  private func put(constantOf entry: PlannedEntry) throws {
    guard case .constant(let bytes) = entry.entry.content else { return }
    try unsafe bytes.withUnsafeBytes { bytes in try unsafe sink.put(bytes, entry, at: 0) }
  }

  private func perform(_ worker: SlabWorker, _ index: Int) throws {
    let item = schedule[index]
    defer { end(item, worker) }
    for slab in item.slabs {
      do {
        try perform(slab, of: item, worker)
      } catch let error as QuantizationError {
        guard let onUnquantizable else { throw error }
        onUnquantizable(item.tensor, error)
      }
    }
    guard item.pass == .write else { return }
    try worker.flush(to: sink)
    decoded.finishWriting(item.slabs.count, of: item.tensor)
    for file in plan.tensors[item.tensor].files {
      let left = slabsToWrite.withLock { counts in
        counts[file] -= item.slabs.count
        return counts[file]
      }
      if left == 0 { try sink.finish(file: file) }
    }
  }

  /// Ends the work at an item, whether it is done or has failed: others may be waiting for its ranges.
  private func end(_ item: WorkItem, _ worker: SlabWorker) {
    worker.drop()
    guard item.pass == .range,
      case .quantize(let quantization, _) = plan.tensors[item.tensor].work
    else { return }
    sharedRanges(item.tensor, quantization).finishObserving(item.slabs.count)
  }

  private func perform(_ slab: Int, of item: WorkItem, _ worker: SlabWorker) throws {
    let tensor = plan.tensors[item.tensor]
    let elements = tensor.slabs[slab]
    worker.bytesRead = 0
    switch try decoded.work(of: item.tensor) {
    case .copy(let source):
      try worker.copy(elements, of: source, to: tensor.entries, sink)
    case .cast(let source, let precision):
      try worker.cast(elements, of: source, to: precision, tensor.entries, sink)
    case .dequantize(let dequantization):
      try worker.dequantize(elements, dequantization, to: tensor.entries, sink)
    case .quantize(let quantization, let source):
      if item.pass == .range {
        try observe(slab, of: item.tensor, quantization, source, worker)
      } else {
        try quantize(slab, of: item.tensor, quantization, source, worker)
      }
    }
    progress.advance(by: worker.bytesRead)
  }

  private func observe(
    _ slab: Int, of index: Int, _ quantization: TensorQuantization, _ source: StoredTensor,
    _ worker: SlabWorker
  ) throws {
    let part = try worker.ranges(
      of: plan.tensors[index].slabs[slab], quantization, from: source)
    sharedRanges(index, quantization).add(part, slab: slab)
  }

  private func quantize(
    _ slab: Int, of index: Int, _ quantization: TensorQuantization, _ source: StoredTensor,
    _ worker: SlabWorker
  ) throws {
    let tensor = plan.tensors[index]
    if slab == 0 {
      for entry in tensor.entries { try put(constantOf: entry) }
    }
    var finished: QParamsTable?
    if tensor.slabs.needsRangePass {
      let ranges = sharedRanges(index, quantization)
      defer {
        if ranges.finishWriting() {
          self.ranges.withLock { _ = $0.removeValue(forKey: index) }
        }
      }
      guard let table = try ranges.params(worker.quantizer) else { return }
      if slab == 0 { try worker.put(table, quantization, to: tensor.entries, sink) }
      finished = table
    }
    let figures = try worker.quantize(
      tensor.slabs[slab], quantization, from: source, params: finished, to: tensor.entries, sink,
      measuresErrors: measured != nil)
    if let figures {
      measured?.withLock { $0[index, default: [:]][slab] = figures }
    }
  }

  private func sharedRanges(
    _ tensor: Int, _ quantization: TensorQuantization
  ) -> TensorRanges {
    let slabs = plan.tensors[tensor].slabs.count
    return ranges.withLock { ranges in
      if let known = ranges[tensor] { return known }
      let new = TensorRanges(quantization, slabs: slabs)
      ranges[tensor] = new
      return new
    }
  }
}

extension ConversionPlan {
  /// The slabs to be written, by file.
  fileprivate var slabCounts: [Int] {
    var counts = [Int](repeating: 0, count: files.count)
    for tensor in tensors {
      for file in tensor.files { counts[file] += tensor.slabs.count }
    }
    return counts
  }
}
