/// How the values of a dataset are cut into chunks, each stored by itself.
///
/// Values come one after the other, row-major. They are gathered in *bands*: the least that lies together in
/// that order and that no chunk reaches out of.
struct ChunkGrid: Hashable, Sendable {
  let shape: [Int]
  /// The length of every axis of a chunk; those at the end of an axis reach beyond the shape.
  let chunk: [Int]
  let elementSize: Int
  /// What a chunk goes through on its way into the file.
  let steps: [BlockEncoding]
  /// How many chunks there are along every axis.
  private let counts: [Int]
  /// The first axis along which a chunk has more than one element: a band is a chunk long there, and
  /// everything behind it.
  private let bandAxis: Int

  /// A grid over a shape that has an axis.
  init(shape: [Int], chunk: [Int], elementSize: Int, steps: [BlockEncoding]) {
    self.shape = shape
    self.chunk = chunk
    self.elementSize = elementSize
    self.steps = steps
    counts = zip(shape, chunk).map { ($0 + $1 - 1) / $1 }
    bandAxis = chunk.firstIndex { $0 > 1 } ?? chunk.count - 1
  }

  var chunkCount: Int { counts.reduce(1, *) }

  /// The bytes of a chunk before all steps.
  var chunkByteCount: Int { chunk.reduce(elementSize, *) }

  /// The bytes of the largest band.
  var bandByteCount: Int { min(chunk[bandAxis], shape[bandAxis]) * innerByteCount }

  /// What all chunks take in a file at most, with the tree that finds them.
  var byteLimit: Int {
    // A node has an entry of 8 bytes an axis and 24 more for each of 64 chunks, and is filled by a tenth
    // at least.
    let chunkLimit = chunkByteCount + 4 + 16 * (8 * shape.count + 24)
    let (product, overflow) = chunkCount.multipliedReportingOverflow(by: chunkLimit)
    return overflow ? .max / 4 : product + 1 << 14
  }

  /// The bands that hold some of the bytes.
  func bands(touching bytes: Range<Int>) -> Range<Int> {
    guard !bytes.isEmpty else { return 0..<0 }
    return band(of: bytes.lowerBound)..<band(of: bytes.upperBound - 1) + 1
  }

  /// The bytes that a band holds.
  func bytes(ofBand band: Int) -> Range<Int> {
    let (outer, position) = band.quotientAndRemainder(dividingBy: counts[bandAxis])
    let start = position * chunk[bandAxis]
    let end = min(start + chunk[bandAxis], shape[bandAxis])
    let base = outer * shape[bandAxis]
    return (base + start) * innerByteCount..<(base + end) * innerByteCount
  }

  /// The chunks of a band, by their row-major index.
  func chunks(ofBand band: Int) -> Range<Int> {
    let count = counts[(bandAxis + 1)...].reduce(1, *)
    return band * count..<(band + 1) * count
  }

  /// The element at which a chunk starts.
  func start(ofChunk index: Int) -> [Int] {
    var rest = index
    var start = chunk
    for axis in shape.indices.reversed() {
      start[axis] = rest % counts[axis] * chunk[axis]
      rest /= counts[axis]
    }
    return start
  }

  private func band(of byte: Int) -> Int {
    let (outer, rest) = byte.quotientAndRemainder(dividingBy: shape[bandAxis] * innerByteCount)
    return outer * counts[bandAxis] + rest / (chunk[bandAxis] * innerByteCount)
  }

  /// The bytes of the axes behind that of bands.
  private var innerByteCount: Int { shape[(bandAxis + 1)...].reduce(elementSize, *) }
}

extension ChunkGrid {
  /// The shape of chunks that is as close to a given one as it can be with bands of so many bytes.
  ///
  /// Where bands would be larger, chunks are made shorter along the first axis, and where that is not
  /// enough, along those that follow. Chunks that take more do not reach beyond the shape.
  static func chunk(
    _ chunk: [Int], of shape: [Int], elementSize: Int, byteLimit: Int
  ) -> [Int] {
    var chunk = chunk
    var byteCount = elementSize
    for extent in chunk {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      byteCount = overflow ? .max : product
    }
    if byteCount > byteLimit { chunk = zip(chunk, shape).map { max(min($0, $1), 1) } }
    for axis in shape.indices {
      let inner = shape[(axis + 1)...].reduce(elementSize, *)
      if inner <= byteLimit || axis == shape.count - 1 {
        chunk[axis] = max(min(chunk[axis], byteLimit / max(inner, 1)), 1)
        break
      }
      chunk[axis] = 1
    }
    return chunk
  }
}

/// Cuts bands into chunks, with memory it uses again: one thread's at a time.
final class ChunkCutter {
  private let scratch = Scratch<UInt8>()

  /// The bytes of a chunk of a band, zeros where it reaches beyond the shape.
  func cut(
    chunk index: Int, of grid: ChunkGrid, band: Int, _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let place = grid.bytes(ofBand: band)
    // A whole band in a chunk: the same bytes in the same order.
    if grid.chunks(ofBand: band).count == 1, grid.chunkByteCount == bytes.count {
      return unsafe bytes
    }
    let size = grid.elementSize
    let out = unsafe UnsafeMutableRawBufferPointer(scratch.fill(grid.chunkByteCount, with: 0))
    let copy = BlockCopy(
      BlockStorage(
        shape: grid.shape, blockShape: grid.chunk, elementSize: size, filters: [], blocks: [:],
        fill: []))
    let elements = place.lowerBound / size..<place.upperBound / size
    copy.forEachRun(copy.place(ofBlock: index), in: elements) { run, start in
      let first = (run.lowerBound - elements.lowerBound) * size
      unsafe UnsafeMutableRawBufferPointer(rebasing: out[(start * size)...])
        .copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + run.count * size]))
    }
    return UnsafeRawBufferPointer(out)
  }
}
