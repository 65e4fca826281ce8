public import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

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
      bytes = try path.entryNames(limit: limit + 1)
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

extension FilePath {
  /// The names in a directory as bytes, without `.` and `..`; no more than `limit`.
  func entryNames(limit: Int = .max) throws(Errno) -> [[UInt8]] {
    guard let directory = unsafe withPlatformString({ path in unsafe opendir(path) }) else {
      throw Errno(rawValue: errno)
    }
    defer { unsafe closedir(directory) }
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { throw .ioError }
    var names: [[UInt8]] = []
    while names.count < limit {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        guard errno == 0 else { throw Errno(rawValue: errno) }
        break
      }
      // The structure may be cut short after its name, so only the name is read.
      let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let name = unsafe start.assumingMemoryBound(to: UInt8.self)
      let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
      let bytes = unsafe Array(UnsafeBufferPointer(start: name, count: count))
      if bytes != [0x2e], bytes != [0x2e, 0x2e] { names.append(bytes) }
    }
    return names
  }

  /// The path to the same file without any link.
  func resolvingLinks() throws(Errno) -> FilePath {
    let result: FilePath? = unsafe withPlatformString { path in
      guard let resolved = unsafe realpath(path, nil) else { return nil }
      defer { unsafe free(resolved) }
      return unsafe FilePath(platformString: resolved)
    }
    guard let result else { throw Errno(rawValue: errno) }
    return result
  }
}
