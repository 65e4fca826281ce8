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

  /// Whether a block is stored as it is: it has no filters, or all were left out.
  func isPlain(_ block: Int) -> Bool {
    guard let skipped = blocks[block]?.skippedFilters else { return true }
    return filters.indices.allSatisfy { skipped & 1 << UInt32($0) != 0 }
  }

  /// The bytes of a block before all filters.
  var blockByteCount: Int { blockShape.reduce(elementSize, *) }

  /// The elements of blocks that stand side by side: a slab of whole rows of them touches no block that
  /// another touches.
  var rowLength: Int { shape[(rowAxis + 1)...].reduce(blockShape[rowAxis], *) }

  /// The blocks that stand side by side, of which the grid holds one row after the other.
  var rowBlockCount: Int { grid[(rowAxis + 1)...].reduce(1, *) }

  /// The axis along which rows of blocks follow each other.
  private var rowAxis: Int {
    var leading = 1
    for axis in shape.indices.dropLast() {
      // Blocks with one position along an axis are told apart by it, unless a row goes on in the next.
      leading *= shape[axis]
      guard
        leading == 1
          || blockShape[axis] == 1 && shape[axis + 1].isMultiple(of: blockShape[axis + 1])
      else { return axis }
    }
    return shape.count - 1
  }
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
