import QConvert
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FilePath {
  /// Whether a directory is there, links followed.
  var isDirectory: Bool {
    (try? stat())?.type == .directory
  }

  /// The path without links, dots and dots of parents; nil where nothing is there.
  var resolvingLinks: FilePath? {
    unsafe withPlatformString { path in
      guard let resolved = unsafe realpath(path, nil) else { return nil }
      defer { unsafe free(resolved) }
      return unsafe FilePath(platformString: resolved)
    }
  }

  /// Creates a directory unless it is there.
  func createDirectory() throws {
    if unsafe withPlatformString({ path in unsafe mkdir(path, 0o777) }) == 0 || isDirectory {
      return
    }
    throw StorageError.cannotCreate(self, Errno(rawValue: errno))
  }
}
