/// The blocks of equal shape that a chunked dataset is cut into; those at the edge reach over it.
struct HDF5ChunkGrid {
  let shape: [Int]
  let chunk: [Int]
  /// What a chunk takes without filters.
  let chunkByteCount: Int
  /// How many chunks there are along every axis.
  private let counts: [Int]

  /// A grid whose every number fits; the extents of a chunk are 1 at least.
  init(
    shape: [Int], chunk: [Int], elementSize: Int, of dataset: TensorName
  ) throws(HDF5Error) {
    self.shape = shape
    self.chunk = chunk
    var byteCount = elementSize
    for extent in chunk {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .sizeOverflow(dataset) }
      byteCount = product
    }
    chunkByteCount = byteCount
    // No more chunks than elements, whose number fits.
    counts = zip(shape, chunk).map { ($0 + $1 - 1) / $1 }
  }

  /// The chunk that starts at an element, row-major, and whether it reaches over the edge; nil if none does.
  func cell(at start: [UInt64]) -> (index: Int, isPartial: Bool)? {
    var index = 0
    var isPartial = false
    for axis in chunk.indices {
      guard let start = Int(exactly: start[axis]), start < shape[axis],
        start.isMultiple(of: chunk[axis])
      else { return nil }
      index = index * counts[axis] + start / chunk[axis]
      isPartial = isPartial || start + chunk[axis] > shape[axis]
    }
    return (index, isPartial)
  }
}
