/// What the header of an object says that libhdf5 does not tell, read from the file itself.
///
/// libhdf5 1.10 passes over a header whose continuation leads back to itself and over chunks whose element
/// size is not that of the type; what it says of such an object is of no worth.
///
///     version 1   1, 0, count (2), references (4), byte count (4), 0 (4), messages
///       message   type (2), byte count (2), flags (1), 0 (3), data
///     version 2   "OHDR", 2, flags, [times (16)], [attribute limits (4)], byte count (1, 2, 4 or 8), messages
///       message   type (1), byte count (2), flags (1), [creation order (2)], data
///
/// A message of type 16 is the address and the byte count of a further block of messages, which in version
/// 2 begins with "OCHK" and ends with a checksum. One of type 8 is the layout of a dataset.
struct HDF5ObjectHeader {
  /// The largest block of messages, and the most of them.
  private static let blockLimit = 16 << 20
  private static let blockCountLimit = 1024

  /// The element size in the layout of chunks.
  private(set) var chunkElementSize: Int?
  /// Where the B-tree of the chunks is, in the layouts that have one.
  private(set) var chunkTree: UInt64?
  /// Where the fixed array of the chunks is, in the layouts that have one.
  private(set) var fixedArray: UInt64?

  private let file: HDF5RawFile
  private var isVersion2 = false
  private var hasCreationOrder = false
  private var blocks: [Range<Int>] = []

  /// Reads the header at an address; nil if it leads in circles or out of the file.
  init?(at address: UInt64, in file: HDF5RawFile) throws(StorageError) {
    self.file = file
    guard let start = try file.bytes(at: address, count: 6) else { return nil }
    if start.starts(with: "OHDR".utf8) {
      isVersion2 = true
      let flags = start[5]
      hasCreationOrder = flags & 0x04 != 0
      let lengthSize = 1 << Int(flags & 0x03)
      let skipped = 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
      guard let bytes = try file.bytes(at: address, count: skipped + lengthSize),
        let length = Int(exactly: bytes[skipped...].littleEndian),
        try read(address + UInt64(bytes.count), length)
      else { return nil }
    } else {
      guard let bytes = try file.bytes(at: address, count: 16), bytes[0] == 1,
        try read(address + 16, Int(bytes[8..<12].littleEndian))
      else { return nil }
    }
  }

  /// Reads blocks of messages, from the first on; false if one is met twice.
  private mutating func read(_ address: UInt64, _ count: Int) throws(StorageError) -> Bool {
    var pending = [(address: address, count: count, isFirst: true)]
    while let next = pending.popLast() {
      guard next.count <= Self.blockLimit,
        let range = file.range(at: next.address, count: next.count),
        !blocks.contains(where: { $0.overlaps(range) }), blocks.count < Self.blockCountLimit,
        let bytes = try file.bytes(at: next.address, count: next.count)
      else { return false }
      blocks.append(range)
      var messages = bytes[...]
      if isVersion2, !next.isFirst {
        guard bytes.starts(with: "OCHK".utf8), bytes.count >= 8 else { return false }
        messages = bytes.dropFirst(4).dropLast(4)
      }
      let prefix = isVersion2 ? (hasCreationOrder ? 6 : 4) : 8
      // What is left may be a gap that is too small for a message.
      while messages.count >= prefix {
        let head = Array(messages.prefix(prefix))
        let type = isVersion2 ? Int(head[0]) : Int(head[0..<2].littleEndian)
        let length = Int(isVersion2 ? head[1..<3].littleEndian : head[2..<4].littleEndian)
        messages = messages.dropFirst(prefix)
        guard length <= messages.count else { return false }
        let data = Array(messages.prefix(length))
        messages = messages.dropFirst(length)
        if type == 0x10 {
          guard length >= file.offsetSize + file.lengthSize else { return false }
          let address = data[..<file.offsetSize].littleEndian
          let count = data[file.offsetSize..<file.offsetSize + file.lengthSize].littleEndian
          guard let count = Int(exactly: count) else { return false }
          pending.append((address, count, false))
        } else if type == 0x08 {
          chunkElementSize = elementSize(layout: data)
          chunkTree = tree(layout: data)
          fixedArray = array(layout: data)
        }
      }
    }
    return true
  }

  private func tree(layout: [UInt8]) -> UInt64? {
    guard layout.count >= 8 + file.offsetSize else { return nil }
    switch layout[0] {
    case 1, 2: return layout[2] == 2 ? layout[8..<8 + file.offsetSize].littleEndian : nil
    case 3: return layout[1] == 2 ? layout[3..<3 + file.offsetSize].littleEndian : nil
    default: return nil
    }
  }

  private func array(layout: [UInt8]) -> UInt64? {
    guard layout.count >= 5, layout[0] == 4, layout[1] == 2 else { return nil }
    // Behind the extents of chunks: the kind of index, of which this is the third, and its page bits.
    let place = 5 + Int(layout[3]) * Int(layout[4])
    guard layout.count >= place + 2 + file.offsetSize, layout[place] == 3 else { return nil }
    return layout[place + 2..<place + 2 + file.offsetSize].littleEndian
  }

  /// The last of the extents of chunks, which is the size of an element; nil for other layouts.
  private func elementSize(layout: [UInt8]) -> Int? {
    guard layout.count >= 5 else { return nil }
    var rank: Int
    var start: Int
    var size = 4
    switch layout[0] {
    case 1, 2:
      guard layout[2] == 2 else { return nil }
      (rank, start) = (Int(layout[1]), 8 + file.offsetSize)
    case 3:
      guard layout[1] == 2 else { return nil }
      (rank, start) = (Int(layout[2]), 3 + file.offsetSize)
    case 4, 5:
      guard layout[1] == 2 else { return nil }
      (rank, start, size) = (Int(layout[3]), 5, Int(layout[4]))
    default: return nil
    }
    start += (rank - 1) * size
    guard rank > 0, 1...8 ~= size, start + size <= layout.count else { return nil }
    return Int(clamping: layout[start..<start + size].littleEndian)
  }
}

extension Collection<UInt8> {
  /// The number that the bytes are, the lowest first.
  var littleEndian: UInt64 { reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
