/// Where the elements of a tensor are in its file.
enum TensorStorage: Hashable, Sendable {
  /// One after the other, row-major and little endian, at absolute byte offsets.
  case contiguous(Range<Int>)
  /// In another form, which reading turns into that one.
  case encoded(EncodedStorage)
}

/// Elements in a form of their own: in blocks, compressed, or with the bytes of numbers in another order.
indirect enum EncodedStorage: Hashable, Sendable {
  /// Numbers of `size` bytes, the highest byte first.
  case bigEndian(EncodedStorage, size: Int)
  /// As in ``TensorStorage/contiguous(_:)``.
  case contiguous(Range<Int>)
  /// The bytes themselves.
  case inline([UInt8])
  /// The same element again and again.
  case constant([UInt8])
  /// Blocks of a grid over the tensor.
  case blocks(BlockStorage)
}

/// A tensor cut into blocks of one shape, each stored by itself.
struct BlockStorage: Hashable, Sendable {
  /// The length of every axis of the tensor.
  let shape: [Int]
  /// The length of every axis of a block; those at the end of an axis reach beyond the tensor.
  let blockShape: [Int]
  let elementSize: Int
  /// What a block went through on its way into the file, in that order.
  let filters: [BlockFilter]
  /// The blocks that are stored, by their row-major index in the grid.
  let blocks: [Int: Block]
  /// The element of blocks that are not.
  let fill: [UInt8]

  /// A stored block.
  struct Block: Hashable, Sendable {
    /// Its bytes in the file.
    let bytes: Range<Int>
    /// The filters that were left out, a bit for each, the first the lowest.
    let skippedFilters: UInt32
  }

  /// The number of blocks along every axis.
  var grid: [Int] { zip(shape, blockShape).map { ($0 + $1 - 1) / $1 } }

  /// The bytes of a block before all filters.
  var blockByteCount: Int { blockShape.reduce(elementSize, *) }

  /// The elements that blocks along all axes but the first share: a slab of whole ones touches no block
  /// that another touches.
  var rowLength: Int { blockShape[0] * shape.dropFirst().reduce(1, *) }
}

/// A step on the way of a block into the file.
enum BlockFilter: Hashable, Sendable {
  /// zlib.
  case deflate
  /// The first bytes of all elements, then the second ones, and so on.
  case shuffle(elementSize: Int)
  /// A checksum of four bytes behind the data.
  case fletcher32
}
