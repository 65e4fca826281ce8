/// Checks what a walker says of a dataset.
struct HDF5DatasetParser {
  /// The largest chunk.
  static let chunkLimit = 1 << 30
  /// Chunks up to this size may be larger than their dataset by any factor.
  private static let smallChunk = 1 << 20
  /// How many times what is stored a large dataset may take; and its size a large chunk.
  private static let ratioLimit = 1000
  /// The size from which a dataset is large.
  private static let largeDataset = 4 << 30
  /// What the shortest superblock takes.
  private static let headerByteCount = 48

  let path: TensorName
  let userBlock: Int
  let fileByteCount: Int
  private(set) var type = HDF5Type.variableString(isUTF8: false)
  private(set) var shape: [Int]?
  private(set) var storage = HDF5Storage.unread
  private(set) var filters: [HDF5Filter] = []
  private(set) var chunking: HDF5Chunking?
  private(set) var fill: [UInt8]?
  /// Where the data is.
  private(set) var extents: [Range<Int>] = []
  /// A filter of libhdf5 itself that is not undone here.
  ///
  /// A dataset that uses one is left out with a warning: the file is sound and any HDF5 program reads it.
  /// One that uses a filter of a plugin's is refused with the whole file: its number need not mean what it
  /// seems to.
  private(set) var builtInFilter: HDF5Filter?
  /// What the shape takes.
  private var needed = 0

  init(path: TensorName, userBlock: Int, fileByteCount: Int) {
    self.path = path
    self.userBlock = userBlock
    self.fileByteCount = fileByteCount
  }

  mutating func parse(_ reader: inout HDF5MessageReader) throws(HDF5Error) {
    type = try reader.type(of: path)
    let space = try reader.space(of: path)
    shape = space?.shape
    let kind = try reader.size(upTo: 4)
    guard kind > 0 else { return }
    guard kind < 4 else { return try parseTexts(&reader) }
    guard let elementSize = type.byteCount else { throw reader.malformed }
    let count = try HDF5Index.elementCount(shape, of: path)
    let product = count.multipliedReportingOverflow(by: elementSize)
    guard !product.overflow else { throw .sizeOverflow(path) }
    needed = product.partialValue
    switch kind {
    case 1: try parseCompact(&reader)
    case 2: try parseContiguous(&reader)
    default: try parseChunked(&reader, elementSize: elementSize, limits: space?.limits ?? [])
    }
    if needed == 0 { (storage, extents) = (.unallocated, []) }
    if try reader.flag() {
      let bytes = try reader.text()
      guard bytes.count == elementSize else { throw .fillMismatch(path) }
      fill = bytes
    }
  }

  private mutating func parseTexts(_ reader: inout HDF5MessageReader) throws(HDF5Error) {
    guard case .variableString = type else { throw reader.malformed }
    let count = try HDF5Index.elementCount(shape, of: path)
    let stored = try reader.count(elementSize: 8)
    guard stored == count else { throw .sizeMismatch(path, needed: count, stored: stored) }
    var texts: [[UInt8]] = []
    for _ in 0..<count { texts.append(try reader.text()) }
    storage = .texts(texts)
  }

  private mutating func parseCompact(_ reader: inout HDF5MessageReader) throws(HDF5Error) {
    let stored = Int(clamping: try reader.number())
    let bytes = try reader.text()
    guard stored == needed, bytes.count == needed else {
      throw .sizeMismatch(path, needed: needed, stored: stored)
    }
    storage = .compact(bytes)
  }

  private mutating func parseContiguous(_ reader: inout HDF5MessageReader) throws(HDF5Error) {
    let offset = try reader.number()
    let stored = Int(clamping: try reader.number())
    guard offset != .max else {
      try checkShapeBomb(stored: 0)
      storage = .unallocated
      return
    }
    guard needed > 0 else { return }
    guard stored == needed else {
      throw .sizeMismatch(path, needed: needed, stored: stored)
    }
    let range = try range(offset, stored)
    storage = .contiguous(offset: range.lowerBound, byteCount: stored)
    extents = [range]
  }

  /// Data in the file and not in its header.
  private func range(_ offset: UInt64, _ byteCount: Int) throws(HDF5Error) -> Range<Int> {
    let start = Int(clamping: offset)
    guard start <= fileByteCount, byteCount <= fileByteCount - start else {
      throw .pastEnd(path, offset: start, byteCount: byteCount, fileByteCount: fileByteCount)
    }
    guard start >= userBlock, start - userBlock >= Self.headerByteCount else {
      throw .overHeader(path, offset: start)
    }
    return start..<start + byteCount
  }

  private func checkShapeBomb(stored: Int) throws(HDF5Error) {
    guard needed <= Self.largeDataset || needed / Self.ratioLimit <= stored else {
      throw .shapeBomb(path, needed: needed, stored: stored)
    }
  }

  private mutating func parseChunked(
    _ reader: inout HDF5MessageReader, elementSize: Int, limits: [Int?]
  ) throws(HDF5Error) {
    let extents = try reader.numbers()
    let plainSize = try reader.number()
    let hasPlainEdges = try reader.flag()
    try parseFilters(&reader)
    guard let shape, !shape.isEmpty, extents.count == shape.count,
      extents.allSatisfy({ 1...(1 << 31) ~= $0 })
    else { throw .chunkShape(path, extents) }
    let grid = try HDF5ChunkGrid(
      shape: shape, chunk: extents.map { Int($0) }, elementSize: elementSize, of: path)
    let limit =
      grid.chunkByteCount > Self.smallChunk
      ? min(Self.chunkLimit, needed.multipliedReportingOverflow(by: Self.ratioLimit).partialValue)
      : Self.chunkLimit
    guard needed > Int.max / Self.ratioLimit || grid.chunkByteCount <= limit else {
      throw .chunkTooLarge(path, byteCount: grid.chunkByteCount, limit: limit)
    }
    guard plainSize == .max || plainSize == UInt64(grid.chunkByteCount) else {
      throw .chunkMismatch(path, needed: grid.chunkByteCount, stored: plainSize)
    }
    let chunks = try parseChunks(&reader, grid, hasPlainEdges: hasPlainEdges)
    try checkShapeBomb(
      stored: chunks.reduce(0) { sum, chunk in
        let (sum, overflow) = sum.addingReportingOverflow(chunk.byteCount)
        return overflow ? .max : sum
      })
    storage = .chunked(shape: grid.chunk, chunks: chunks)
    chunking = HDF5Chunking(
      shape: grid.chunk, limits: limits, steps: filters.compactMap(BlockEncoding.init))
  }

  private mutating func parseFilters(_ reader: inout HDF5MessageReader) throws(HDF5Error) {
    for _ in 0..<(try reader.count(elementSize: 24)) {
      let id = try reader.size(upTo: 1 << 16)
      let name = try reader.escapedName().description
      let parameters = try reader.numbers().map { Int(clamping: $0) }
      let filter = HDF5Filter(id: id, name: name, parameters: parameters)
      switch id {
      case 1...3:
        // Deflate twice is a bomb; the others twice do nothing.
        guard !filters.contains(where: { $0.id == id }) else {
          throw .repeatedFilter(path, id: id)
        }
      case 4...6: builtInFilter = HDF5Filter(id: id, name: filter.knownName, parameters: parameters)
      default: throw .unsupportedFilter(path, id: id, name: filter.knownName)
      }
      filters.append(filter)
    }
  }

  private mutating func parseChunks(
    _ reader: inout HDF5MessageReader, _ grid: HDF5ChunkGrid, hasPlainEdges: Bool
  ) throws(HDF5Error) -> [HDF5Chunk] {
    let rank = grid.chunk.count
    let count = try reader.count(elementSize: 8 * (rank + 3))
    var chunks: [HDF5Chunk] = []
    chunks.reserveCapacity(count)
    extents.reserveCapacity(count)
    let allFilters = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(min(filters.count, 32))) - 1)
    for _ in 0..<count {
      var start: [UInt64] = []
      for _ in 0..<rank { start.append(try reader.number()) }
      guard let cell = grid.cell(at: start) else { throw .chunkOutside(path, start: start) }
      guard var mask = UInt32(exactly: try reader.number()) else { throw reader.malformed }
      if hasPlainEdges, cell.isPartial { mask = allFilters }
      let offset = try reader.number()
      let byteCount = try reader.size()
      let isPlain = mask & allFilters == allFilters
      guard isPlain ? byteCount == grid.chunkByteCount : byteCount > 0 else {
        throw .chunkMismatch(path, needed: grid.chunkByteCount, stored: UInt64(byteCount))
      }
      let range = try range(offset, byteCount)
      extents.append(range)
      chunks.append(
        HDF5Chunk(
          index: cell.index, offset: range.lowerBound, byteCount: byteCount, filterMask: mask))
    }
    chunks.sort { $0.index < $1.index }
    for (chunk, next) in zip(chunks, chunks.dropFirst()) where chunk.index == next.index {
      throw .duplicateChunk(path, index: chunk.index)
    }
    return chunks
  }
}

extension HDF5Filter {
  /// The name of a registered filter; else the one in the file.
  fileprivate var knownName: String {
    switch id {
    case 4: "szip"
    case 5: "nbit"
    case 6: "scaleoffset"
    case 32000: "lzf"
    case 32001: "blosc"
    case 32004: "lz4"
    case 32008: "bitshuffle"
    case 32013: "zfp"
    case 32015: "zstd"
    case 32026: "blosc2"
    default: name
    }
  }
}
