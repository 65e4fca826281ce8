/// The chunks of a dataset as the B-tree of version 1 lists them, which files have unless made for readers
/// of 1.10 and later only.
///
/// Before 1.14.4 libhdf5 takes a time that grows with the square of their number.
///
///     node   "TREE", 1, level (1), entry count (2), left and right neighbour (an address each), entries
///     entry  size (4), filter mask (4), start (8 for each axis), 0 (8), address of a node or a chunk
struct HDF5ChunkTree {
  /// The start of every chunk, its filter mask, absolute offset and size.
  private(set) var numbers: [UInt64] = []

  private let rank: Int
  private let file: HDF5RawFile
  private var seen: Set<UInt64> = []

  /// Walks a tree from its root; nil if it is not one, or larger than it should be.
  init?(
    at root: UInt64, rank: Int, count: Int, in file: HDF5RawFile
  ) throws(StorageError) {
    self.rank = rank
    self.file = file
    var pending: [(address: UInt64, level: UInt8?)] = [(root, nil)]
    while let next = pending.popLast() {
      guard seen.insert(next.address).inserted, seen.count <= count * 2 + 64,
        let head = try file.bytes(at: next.address, count: 8), head.starts(with: "TREE".utf8),
        head[4] == 1, head[5] == next.level ?? head[5]
      else { return nil }
      let level = head[5]
      let entryCount = Int(head[6..<8].littleEndian)
      let entrySize = 16 + 8 * rank + file.offsetSize
      let prefix = 8 + 2 * file.offsetSize
      guard
        let node = try file.bytes(at: next.address, count: prefix + entryCount * entrySize)
      else { return nil }
      for start in stride(from: prefix, to: node.count, by: entrySize) {
        let entry = node[start..<start + entrySize]
        let address = entry.suffix(file.offsetSize).littleEndian
        if level > 0 {
          pending.append((address, level - 1))
        } else {
          add(entry, address)
        }
      }
      guard numbers.count / (rank + 3) <= count else { return nil }
    }
    guard numbers.count / (rank + 3) == count else { return nil }
  }

  private mutating func add(_ entry: ArraySlice<UInt8>, _ address: UInt64) {
    let start = entry.startIndex
    for axis in 0..<rank {
      numbers.append(entry[(start + 8 + 8 * axis)..<(start + 16 + 8 * axis)].littleEndian)
    }
    numbers.append(entry[(start + 4)..<(start + 8)].littleEndian)
    numbers.append(file.absolute(address))
    numbers.append(entry[start..<(start + 4)].littleEndian)
  }
}
