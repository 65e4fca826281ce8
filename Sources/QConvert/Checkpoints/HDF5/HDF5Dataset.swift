/// A dataset of an HDF5 file: what its elements are, and where.
struct HDF5Dataset: Sendable {
  /// The path from the root, without the slash in front: `model_weights/dense/kernel:0`.
  let path: TensorName
  /// Other paths of the same dataset, by hard links.
  var otherPaths: [TensorName] = []
  /// Where the header of the object is, counted from the end of the user block.
  let address: UInt64
  let type: HDF5Type
  /// The length of every axis; empty for a scalar, nil where there is no element at all.
  let shape: [Int]?
  let storage: HDF5Storage
  /// What chunks went through on their way into the file, in that order.
  let filters: [HDF5Filter]
  /// How it is cut into chunks, also where none is stored; nil where it is not.
  var chunking: HDF5Chunking?
  /// The bytes of an element that was never written; nil means zeros.
  let fill: [UInt8]?
  let attributes: [HDF5Attribute]
}

/// Where the bytes of a dataset are.
enum HDF5Storage: Hashable, Sendable {
  /// Not asked for: the type is one whose values are never read, or they are too much text.
  case unread
  /// Texts of any length, as bytes: they need not be UTF-8.
  case texts([[UInt8]])
  /// Nowhere: every element is the fill value.
  case unallocated
  /// In the header of the object.
  case compact([UInt8])
  /// One after the other, from an absolute offset in the file on.
  case contiguous(offset: Int, byteCount: Int)
  /// In blocks of one shape; those that were never written are missing.
  case chunked(shape: [Int], chunks: [HDF5Chunk])
}

/// A block of a chunked dataset.
struct HDF5Chunk: Hashable, Sendable {
  /// The index of the chunk in the grid of chunks, row-major.
  let index: Int
  /// The absolute offset in the file.
  let offset: Int
  /// The bytes in the file, after all filters.
  let byteCount: Int
  /// The filters that were left out, a bit for each, the first the lowest.
  let filterMask: UInt32
}

/// A filter by its registered number: 1 deflate, 2 shuffle, 3 Fletcher32.
struct HDF5Filter: Hashable, Sendable {
  let id: Int
  let name: String
  let parameters: [Int]
}

/// A small value beside a group or a dataset.
struct HDF5Attribute: Sendable {
  let name: String
  let type: HDF5Type
  /// The length of every axis; empty for a scalar, nil where there is no element at all.
  let shape: [Int]?
  let value: Value

  enum Value: Hashable, Sendable {
    /// The bytes in the type of the file.
    case bytes([UInt8])
    /// Texts of any length, as bytes: they need not be UTF-8.
    case texts([[UInt8]])
    /// Not read: too large, or of a type whose values lie elsewhere.
    case unread
  }
}
