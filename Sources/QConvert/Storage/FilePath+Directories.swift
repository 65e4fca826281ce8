import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FilePath {
  /// The directory for temporary files.
  static var temporaryDirectory: FilePath {
    guard let path = unsafe getenv("TMPDIR"), unsafe path.pointee != 0 else { return "/tmp" }
    return unsafe FilePath(platformString: path)
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

  /// The path without links; nil where nothing is there.
  var withoutLinks: FilePath? { try? resolvingLinks() }

  /// The directory that holds the last place of the path.
  var parent: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }

  /// Creates a directory, with what the umask leaves of 0777; one that is there is as good.
  func createDirectory() throws(Errno) {
    guard unsafe withPlatformString({ path in unsafe mkdir(path, 0o777) }) != 0 else { return }
    let code = Errno(rawValue: errno)
    if code != .fileExists { throw code }
  }

  /// Gives a file or directory another path; an empty directory there is replaced by a directory.
  func rename(to other: FilePath) throws(Errno) {
    let result = unsafe withPlatformString { from in
      unsafe other.withPlatformString { to in
        #if canImport(Darwin)
        unsafe Darwin.rename(from, to)
        #else
        unsafe Glibc.rename(from, to)
        #endif
      }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }

  /// Exchanges two files or directories in one step, where the system and the file system can.
  func exchange(with other: FilePath) throws(Errno) {
    #if !canImport(Darwin)
    // glibc has it, but does not declare it for Swift.
    typealias Function =
      @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
      ) -> Int32
    guard let symbol = unsafe dlsym(nil, "renameat2") else { throw .noFunction }
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    #endif
    let result = unsafe withPlatformString { a in
      unsafe other.withPlatformString { b in
        #if canImport(Darwin)
        unsafe renamex_np(a, b, UInt32(RENAME_SWAP))
        #else
        unsafe function(AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */)
        #endif
      }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }

  /// Removes a file; that there is none is as good.
  func removeFile() throws(Errno) {
    guard unsafe withPlatformString({ path in unsafe unlink(path) }) != 0 else { return }
    let code = Errno(rawValue: errno)
    if code != .noSuchFileOrDirectory { throw code }
  }

  /// Removes a directory that has nothing in it.
  func removeEmptyDirectory() throws(Errno) {
    guard unsafe withPlatformString({ path in unsafe rmdir(path) }) == 0 else {
      throw Errno(rawValue: errno)
    }
  }

  /// Whether something has this path, be it a link that leads nowhere.
  var isOccupied: Bool {
    FileIdentity.isLink(self) || (try? FileIdentity(at: self)) != nil
  }

  /// Demands that this user may create and remove names in the directory.
  func checkWritableDirectory() throws(Errno) {
    guard let identity = try FileIdentity(at: self) else { throw .noSuchFileOrDirectory }
    guard identity.isDirectory else { throw .notDirectory }
    let result = unsafe withPlatformString { path in
      unsafe faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS)
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }
}
