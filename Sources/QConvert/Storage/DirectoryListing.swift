public import SystemPackage

/// What stands in a directory, in the order of the names' bytes; links are not followed.
struct DirectoryListing: Sendable {
  struct Entry: Sendable {
    let name: String
    let identity: FileIdentity
  }

  let entries: [Entry]

  /// Lists a directory of at most `limit` entries. What goes while it is read is left out.
  ///
  /// - Throws: ``StorageError``, or ``DirectoryError`` where not every entry can be told.
  init(_ path: FilePath, limit: Int) throws {
    var entries: [Entry] = []
    let bytes: [[UInt8]]
    do throws(Errno) {
      bytes = try DirectoryTree(path, followsLink: true).nameBytes(limit: limit + 1)
    } catch {
      throw StorageError.cannotRead(path, error)
    }
    guard bytes.count <= limit else { throw DirectoryError.tooManyEntries(path) }
    for bytes in bytes.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw DirectoryError.nameNotUTF8(path, String(decoding: bytes, as: UTF8.self))
      }
      do throws(Errno) {
        if let identity = try FileIdentity(at: path.appending(name), followsLinks: false) {
          entries.append(Entry(name: name, identity: identity))
        }
      } catch {
        throw StorageError.cannotRead(path.appending(name), error)
      }
    }
    self.entries = entries
  }
}

/// Why a directory cannot be listed in full.
public enum DirectoryError: Error, Hashable, Sendable {
  case tooManyEntries(FilePath)
  case nameNotUTF8(FilePath, String)
}

extension DirectoryError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .tooManyEntries(let path): "\(path): more files than any model has"
    case .nameNotUTF8(let path, let name):
      "\(path): the name of a file in it is not UTF-8: \(TensorName(name))"
    }
  }
}
