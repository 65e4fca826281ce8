/// Why a zip archive, one of Keras for instance, cannot be read.
public enum ArchiveError: Error, Hashable, Sendable {
  /// libzip fails at the archive.
  case damaged(message: String)
  /// libzip fails at an entry.
  case damagedEntry(TensorName, message: String)
  case tooManyEntries(Int)
  case nameNotUTF8(index: Int)
  case duplicateName(TensorName)
  /// The entries take more bytes than the archive has.
  case overlap
  /// An archive of Keras without one of its parts.
  case missing(TensorName)
  case encrypted(TensorName)
  case method(TensorName, Int)
  case sizes(TensorName, byteCount: UInt64, stored: UInt64)
  case bomb(TensorName, byteCount: Int, stored: UInt64)
  case tooLarge(TensorName, byteCount: Int, limit: Int)
  case malformedText(TensorName, JSONError)
  /// An entry that is to go to another archive has no harmless name.
  case unsafeName(TensorName)
}

extension ArchiveError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .damaged(let message):
      "a zip archive that is damaged or incomplete (\(message)): incomplete download?"
    case .damagedEntry(let name, let message): "\(name) in the archive is damaged: \(message)"
    case .tooManyEntries(let count):
      "a zip archive of \(count) entries; at most \(ZipReader.entryLimit) are allowed"
    case .nameNotUTF8(let index): "the name of entry \(index) of the archive is not UTF-8"
    case .duplicateName(let name): "the archive holds two entries called \(name)"
    case .overlap: "the entries of the archive take more bytes than it has: they overlap"
    case .missing(let name): "an archive of Keras without \(name)"
    case .encrypted(let name): "\(name) in the archive is encrypted, not supported"
    case .method(let name, let method):
      "\(name) in the archive is compressed with \(Self.methodName(method)), not supported: only "
        + "stored and deflated entries are"
    case .sizes(let name, let byteCount, let stored):
      "\(name) in the archive is said to have \(byteCount) bytes, stored as \(stored)"
    case .bomb(let name, let byteCount, let stored):
      "\(name) in the archive would inflate from \(stored) bytes to \(byteCount): refused, lest a small "
        + "file fills the disk"
    case .tooLarge(let name, let byteCount, let limit):
      "\(name) in the archive has \(byteCount) bytes; at most \(limit) are read"
    case .malformedText(let name, let error): "\(name) in the archive: \(error)"
    case .unsafeName(let name):
      "\(name) in the archive has a name that leads elsewhere, and is not copied into another archive"
    }
  }

  private static func methodName(_ method: Int) -> String {
    let names = [
      1: "shrink", 6: "implode", 9: "deflate64", 10: "implode (PKWARE)", 12: "bzip2", 14: "LZMA",
      93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd", 99: "AES encryption",
    ]
    return names[method] ?? "method \(method)"
  }
}
