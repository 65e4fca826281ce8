extension ConversionPlan {
  /// The files of an output directory that are no checkpoints, in the order in which they are written.
  func sidecars(of model: Model) -> [(name: String, byteCount: Int)] {
    guard files.contains(where: { $0.role.isShard }) else { return [] }
    return model.companions.map { ($0.name, rewritten[$0.name]?.count ?? $0.byteCount) }
      + (index.map { [($0.name, $0.bytes.count)] } ?? [])
  }

  /// The paths of all files in an output directory.
  func fileNames(of model: Model) -> Set<TensorName> {
    Set(files.map(\.name) + sidecars(of: model).map { TensorName($0.name) })
  }

  /// About how much memory the work takes at most: what the process has at its start, what the plan
  /// holds, and the buffers of the workers.
  func memoryByteCount(jobs: Int) -> Int {
    let workers = max(min(jobs, tensors.reduce(0) { $0 + $1.slabs.count }), 1)
    let buffers = tensors.lazy.map { $0.bufferByteCount + $0.chunkByteCount }.max() ?? 0
    let headers =
      files.reduce(0) { $1.segments.reduce($0) { $0 + $1.bytes.count } } + (index?.bytes.count ?? 0)
    let held = heldGroupCounts.prefix(2).reduce(0, +) * Self.bytesPerHeldGroup
    return Self.processByteCount + tensors.count * Self.bytesPerTensor + headers + held
      + workers * buffers + decoderByteCount(workers: workers)
  }

  /// Demands that what is as large as the input makes it fits the memory bound: blocks to be decoded, and
  /// the ranges and parameters of groups that reach beyond slabs, which are held while their tensor is at
  /// work, those of the next tensor already.
  func checkMemory(_ options: ConversionOptions) throws(PlanError) {
    guard let bound = options.memoryBound else { return }
    let least =
      heldGroupCounts.prefix(2).reduce(0, +) * Self.bytesPerHeldGroup
      + decoderByteCount(workers: options.workerCount)
    guard least <= bound else { throw .memoryBoundTooSmall(bound, least: least) }
  }

  /// The bytes it takes to decode blocks: large ones one at a time, others by every worker.
  private func decoderByteCount(workers: Int) -> Int {
    tensors.reduce(0) { most, tensor in
      guard let blocks = tensor.work.source.blocks, !blocks.filters.isEmpty else { return most }
      let isLarge = blocks.blockByteCount > BlockReader.largeBlock
      return max(
        most, blocks.blockByteCount * BlockReader.bytesPerBlockByte * (isLarge ? 1 : workers))
    }
  }

  /// The groups of tensors whose groups reach beyond slabs, most first.
  private var heldGroupCounts: [Int] {
    tensors.compactMap { tensor in
      guard tensor.slabs.needsRangePass, case .quantize(let quantization, _) = tensor.work
      else { return nil }
      return quantization.geometry.groupCount
    }.sorted(by: >)
  }

  /// Two bounds and three parameters.
  private static let bytesPerHeldGroup = 20
  /// The code, the runtime and its heap, as measured.
  private static let processByteCount = 12 << 20
  /// A planned tensor with its name in the tables of the reader and the plan, as measured.
  private static let bytesPerTensor = 4300
}

extension PlannedTensor {
  /// The bytes of a worker's buffers for a slab: input, quantized values and what is made of them.
  fileprivate var bufferByteCount: Int {
    switch work {
    case .copy: slabs.length
    // The elements as they are, as float32, and as they are to be.
    case .cast: slabs.length * 12
    case .quantize(let quantization, _):
      slabs.length * (quantization.precision.byteCount + 2)
    case .dequantize(let dequantization):
      slabs.length * (dequantization.precision.byteCount + 2)
    }
  }
}

extension PlannedTensor {
  /// The bytes that a worker takes up to make chunks: bands that are begun, and a chunk with what becomes
  /// of it.
  fileprivate var chunkByteCount: Int {
    entries.compactMap(\.grid).reduce(0) { $0 + 2 * $1.bandByteCount + 3 * $1.chunkByteCount }
  }
}

extension PlannedFile.Role {
  /// Whether it is a file in a directory.
  var isShard: Bool { if case .shard = self { true } else { false } }
}
