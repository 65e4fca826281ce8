/// What the walker of an HDF5 file tells the checker, as bytes: a description, no judgement.
///
/// Numbers are 64 bits, little-endian; a text is its length in bytes and the bytes; a list is its length
/// and the elements. The message is `magic`, the device, inode and size of the file, the size of its user
/// block and the end of its last object, then records, each a number of ``HDF5Record`` and its fields:
///
///     end
///     group      path, address of the header, attributes
///     dataset    path, address of the header, type space storage attributes
///     alias      path, 0 for a group and 1 for a dataset, ordinal among those so far
///     link       path, kind of HDF5LinkKind
///     elsewhere  path, 0 for external storage and 1 for a virtual dataset
///     leftOut    path, 0 for a named type and 1 for a name that cannot be a path
///     failure    path, step of HDF5Step, message
///     limit      path, kind of HDF5Limit
///
/// After `elsewhere`, `failure`, `limit` and a link that leaves the file comes nothing more.
///
///     attributes  list of: name type space value
///     value       0; 1 and bytes; 2 and a list of texts
///     type        0 class size; 1 size signed order; 2 size order precision offset sign exponent
///                 exponentSize bias mantissa mantissaSize normalized; 3 size tag; 4 integer, list of: name
///                 value; 5 size padding utf8; 6 utf8; 7 shape type
///     space       0; 1; 2 and a list of: extent maximum; for null, scalar and simple
///     storage     0; 1 stored bytes fill; 2 offset stored fill; 3 shape, plain chunk size, plain edges,
///                 filters, list of: start mask offset size, then fill; 4 and a list of texts; for unread,
///                 compact, contiguous, chunked, texts of any length
///     filters     list of: id name, list of parameters
///     fill        0; 1 and bytes
struct HDF5Message {
  static let magic: UInt64 = 0x0135_4844_4651

  /// The longest message: bounds the memory that a file can make either side use.
  static let limit = 256 << 20

  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  mutating func append(_ number: Int) { append(UInt64(bitPattern: Int64(number))) }

  mutating func append(_ flag: Bool) { append(flag ? 1 : 0) }

  mutating func append(_ text: [UInt8]) {
    append(text.count)
    bytes += text
  }

  mutating func append(_ value: some RawRepresentable<UInt64>) { append(value.rawValue) }

  /// Adds all of another message.
  mutating func append(contentsOf other: Self) { bytes += other.bytes }
}

/// The records of a message.
enum HDF5Record: UInt64 {
  case end, group, dataset, alias, link, elsewhere, leftOut, failure, limit
}

/// Links that are not followed.
enum HDF5LinkKind: UInt64 {
  case soft, external, user
}

/// Where walking a file ends, whatever it holds.
enum HDF5Limit: UInt64 {
  case depth, links, pathLength, attributes, messageLength
}

/// What was done when libhdf5 failed.
enum HDF5Step: UInt64 {
  case open, list, object, attributes, type, shape, storage, data
}
