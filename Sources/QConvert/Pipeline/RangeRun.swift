import Synchronization

/// Finds the ranges of whole tensors with workers of its own: what observing takes, without anything
/// written.
struct RangeRun {
  /// A tensor to be looked at.
  struct Subject: Sendable {
    let source: StoredTensor
    let quantization: TensorQuantization
  }

  private let subjects: [Subject]
  private let slabs: [SlabPartition]
  /// The number of slabs up to the end of each tensor.
  private let ends: [Int]

  /// The work for these tensors, in slabs of about so many bytes.
  init(_ subjects: [Subject], slabBytes: Int = SlabPartition.usualByteCount) {
    self.subjects = subjects
    slabs = subjects.map { subject in
      SlabPartition(
        elementCount: subject.source.descriptor.elementCount,
        length: subject.source.slabByteCount(slabBytes) / subject.quantization.precision.byteCount)
    }
    var ends: [Int] = []
    for slabs in slabs { ends.append((ends.last ?? 0) + slabs.count) }
    self.ends = ends
  }

  /// The ranges of all groups of every tensor.
  ///
  /// - Throws: ``StorageError``; ``QuantizationError`` for a value that is not finite;
  ///   `CancellationError`.
  func run(jobs: Int, progress: ConversionProgress) throws -> [GroupRanges] {
    let found = zip(subjects, slabs).map { TensorRanges($0.quantization, slabs: $1.count) }
    progress.expect(byteCount: subjects.reduce(0) { $0 + $1.source.descriptor.byteCount })
    try WorkerPool(jobs: jobs, isCancelled: { progress.isCancelled })
      .run(ends.last ?? 0, makeWorker: SlabWorker.init) { worker, item in
        let (tensor, slab) = place(ofItem: item)
        worker.bytesRead = 0
        let part = try worker.ranges(
          of: slabs[tensor][slab], subjects[tensor].quantization, from: subjects[tensor].source)
        found[tensor].add(part, slab: slab)
        progress.advance(by: worker.bytesRead)
      }
    return found.map { $0.ranges }
  }

  private func place(ofItem item: Int) -> (tensor: Int, slab: Int) {
    let tensor = ends.partitioningIndex { $0 > item }
    return (tensor, item - (tensor == 0 ? 0 : ends[tensor - 1]))
  }
}
