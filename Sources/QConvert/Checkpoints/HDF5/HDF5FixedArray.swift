/// The chunks of a dataset as a fixed array lists them, which files for readers of 1.10 and later only have
/// for datasets that cannot grow without end.
///
/// Before 1.14.4 libhdf5 takes a time that grows with the square of their number.
///
///     header  "FAHD", 0, kind (1), entry size (1), page bits (1), entry count (8), address of the block, checksum (4)
///     block   "FADB", 0, kind (1), address of the header, entries, checksum (4)
///     entry   address of the chunk; of kind 1 also byte count, filter mask (4)
///
/// Of more than two to the page bits entries, the block has a bit for each page before its checksum, the
/// first one the highest of a byte: whether the page was ever written. Pages follow, each with a checksum.
/// An entry of ones stands for a chunk that is missing. The entries are those of the grid over the shape
/// that the dataset may grow to, row-major.
struct HDF5FixedArray {
  /// The start of every chunk, its filter mask, absolute offset and size.
  private(set) var numbers: [UInt64] = []

  private let file: HDF5RawFile
  private let grid: Grid
  private var next = 0

  /// The chunks that a dataset may have.
  struct Grid {
    let chunk: [UInt64]
    let limits: [UInt64]
    /// What a chunk takes without filters.
    let chunkByteCount: UInt64
  }

  /// Reads an array; nil if it is not one, or of another number of chunks.
  init?(at address: UInt64, _ grid: Grid, count: Int, in file: HDF5RawFile) throws(StorageError) {
    self.file = file
    self.grid = grid
    let head = 8 + file.lengthSize + file.offsetSize
    guard let header = try file.bytes(at: address, count: head),
      header.starts(with: "FAHD".utf8), header[4] == 0, header[5] <= 1
    else { return nil }
    let isFiltered = header[5] == 1
    let entrySize = Int(header[6])
    let length = header[8..<8 + file.lengthSize].littleEndian
    let block = header[(8 + file.lengthSize)...].littleEndian
    let isSound =
      isFiltered
      ? 1...8 ~= entrySize - file.offsetSize - 4 : entrySize == file.offsetSize
    guard isSound, header[7] < 32, let length = Int(exactly: length), let total = grid.count,
      length == total, count <= length, length < HDF5Message.limit / 8
    else { return nil }

    let page = 1 << Int(header[7])
    let pages = length > page ? (length + page - 1) / page : 0
    let prefix = 6 + file.offsetSize + (pages + 7) / 8
    guard let start = try file.bytes(at: block, count: prefix), start.starts(with: "FADB".utf8),
      start[4] == 0, start[5] == header[5]
    else { return nil }
    if pages == 0 {
      guard let bytes = try file.bytes(at: block + UInt64(prefix), count: length * entrySize)
      else { return nil }
      add(bytes, entrySize)
    }
    for index in 0..<pages {
      next = index * page
      guard start[6 + file.offsetSize + index / 8] & 0x80 >> UInt8(index % 8) != 0 else { continue }
      let place = prefix + 4 + index * (page * entrySize + 4)
      let entries = min(page, length - next)
      guard let bytes = try file.bytes(at: block + UInt64(place), count: entries * entrySize)
      else { return nil }
      add(bytes, entrySize)
    }
    guard numbers.count == count * (grid.chunk.count + 3) else { return nil }
  }

  /// Adds the chunks of consecutive entries.
  private mutating func add(_ bytes: [UInt8], _ entrySize: Int) {
    for start in stride(from: 0, to: bytes.count, by: entrySize) {
      defer { next += 1 }
      let entry = bytes[start..<start + entrySize]
      let address = entry.prefix(file.offsetSize)
      guard !address.allSatisfy({ $0 == 0xff }) else { continue }
      numbers += grid.start(of: next)
      let rest = entry.dropFirst(file.offsetSize)
      numbers.append(rest.suffix(4).littleEndian)
      numbers.append(file.absolute(address.littleEndian))
      numbers.append(rest.isEmpty ? grid.chunkByteCount : rest.dropLast(4).littleEndian)
    }
  }
}

extension HDF5FixedArray.Grid {
  /// The number of chunks; nil where it does not fit, or the grid has no end.
  fileprivate var count: Int? {
    guard chunk.count == limits.count, !chunk.contains(0), !limits.contains(.max)
    else { return nil }
    var count = 1
    for cells in counts {
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: cells))
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  /// The chunks along every axis.
  private var counts: [UInt64] { zip(limits, chunk).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) } }

  /// The element at which a chunk starts.
  fileprivate func start(of index: Int) -> [UInt64] {
    var rest = UInt64(index)
    var start = chunk
    for (axis, cells) in counts.enumerated().reversed() {
      start[axis] = rest % cells * chunk[axis]
      rest /= cells
    }
    return start
  }
}
