import Synchronization
import SystemPackage

/// The tensors of a run that are stored in compressed blocks of which several slabs or both passes need the
/// same: what is decoded of them, until their last slab is written.
final class DecodedTensors: Sendable {
  private let plan: ConversionPlan
  /// The files go where this is.
  private let place: FilePath
  private let state = Mutex(State())

  private struct State {
    var tensors: [Int: Entry] = [:]
    /// Files that no tensor needs any more: the next one takes such a file.
    var spares: [UnnamedFile] = []
  }

  private struct Entry {
    let blocks: DecodedBlocks
    var slabsToWrite: Int
  }

  init(_ plan: ConversionPlan, beside place: FilePath) {
    self.plan = plan
    self.place = place
  }

  /// What a worker does with a tensor, reading decoded blocks where they are kept.
  func work(of index: Int) throws -> TensorWork {
    let tensor = plan.tensors[index]
    guard tensor.decodesTwice, let storage = tensor.work.source.blocks else { return tensor.work }
    return try tensor.work.reading(
      state.withLock { state in
        if let known = state.tensors[index] { return known.blocks }
        let file = try state.spares.popLast() ?? UnnamedFile(beside: place)
        let blocks = try DecodedBlocks(of: storage, in: file)
        state.tensors[index] = Entry(blocks: blocks, slabsToWrite: tensor.slabs.count)
        return blocks
      })
  }

  /// Ends the write pass of so many slabs of a tensor.
  func finishWriting(_ slabs: Int, of index: Int) {
    state.withLock { state in
      guard let entry = state.tensors[index] else { return }
      state.tensors[index]?.slabsToWrite -= slabs
      guard entry.slabsToWrite == slabs else { return }
      state.tensors[index] = nil
      state.spares.append(entry.blocks.file)
    }
  }
}

extension TensorWork {
  /// What is read slab by slab.
  var source: StoredTensor {
    switch self {
    case .copy(let source), .cast(let source, _), .quantize(_, let source): source
    case .dequantize(let dequantization): dequantization.data
    }
  }

  fileprivate func reading(_ blocks: DecodedBlocks) -> Self {
    var source = source
    source.decoded = blocks
    switch self {
    case .copy: return .copy(source)
    case .cast(_, let precision): return .cast(source, to: precision)
    case .quantize(let quantization, _): return .quantize(quantization, from: source)
    case .dequantize(var dequantization):
      dequantization.data = source
      return .dequantize(dequantization)
    }
  }
}

extension PlannedTensor {
  /// Whether some block would be decoded twice: for two passes, or for two slabs.
  fileprivate var decodesTwice: Bool {
    slabs.needsRangePass && work.source.blocks?.filters.isEmpty == false
      || work.source.decodesTwice(slabByteCount: slabByteCount)
  }

  /// The bytes that a slab takes where it is read.
  private var slabByteCount: Int {
    switch work {
    case .copy: slabs.length
    case .cast(let source, _): slabs.length * source.descriptor.dtype.bitWidth / 8
    case .quantize(let quantization, _): slabs.length * quantization.precision.byteCount
    case .dequantize(let dequantization): slabs.length * (dequantization.packing?.bits ?? 8) / 8
    }
  }
}
