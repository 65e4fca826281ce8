/// A file in a zip archive, as the directory of the archive describes it; nothing of it is checked.
struct ArchiveEntry: Hashable, Sendable {
  /// The path in the archive. It is only ever compared, never opened.
  let name: TensorName
  /// The place in the directory of the archive.
  let index: Int
  /// The bytes that it is said to have.
  let byteCount: UInt64
  /// The bytes that it takes in the archive.
  let storedByteCount: UInt64
  /// The checksum that its bytes are said to have.
  let checksum: UInt32
  let method: Method
  let isEncrypted: Bool

  /// How bytes are compressed.
  enum Method: Hashable, Sendable {
    case stored
    case deflated
    case other(Int)
  }
}

extension ArchiveEntry {
  /// Inflated, more bytes than this have to be at least a thousandth as many in the archive, which
  /// deflate never falls short of by much.
  private static let largeEntry: UInt64 = 64 << 20
  private static let ratioLimit: UInt64 = 1000

  /// Whether the entry stands for a directory.
  var isDirectory: Bool { name.string.utf8.last == UInt8(ascii: "/") }

  /// The path within `assets`, if it is one.
  var isAsset: Bool { !isDirectory && name.string.utf8.starts(with: "assets/".utf8) }

  /// Demands that the entry can be read, in all its length.
  func check() throws(ArchiveError) {
    if isEncrypted { throw .encrypted(name) }
    if case .other(let method) = method { throw .method(name, method) }
    guard let count = Int(exactly: byteCount), Int(exactly: storedByteCount) != nil,
      method != .stored || byteCount == storedByteCount
    else { throw .sizes(name, byteCount: byteCount, stored: storedByteCount) }
    guard byteCount <= Self.largeEntry || byteCount / Self.ratioLimit <= storedByteCount else {
      throw .bomb(name, byteCount: count, stored: storedByteCount)
    }
  }

  /// Demands that the name of an asset is a path that stays where it is unpacked.
  func checkName() throws(ArchiveError) {
    guard ShardNameFlaw(in: name.string) == nil else { throw .unsafeName(name) }
  }
}
