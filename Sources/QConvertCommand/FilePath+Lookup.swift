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
    var status = stat()
    let result = withPlatformString { path in stat(path, &status) }
    return result == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The path without links, dots and dots of parents; nil where nothing is there.
  var resolvingLinks: FilePath? {
    withPlatformString { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return FilePath(platformString: resolved)
    }
  }

  /// Creates a directory unless it is there.
  func createDirectory() throws {
    if withPlatformString({ path in mkdir(path, 0o777) }) == 0 || isDirectory { return }
    throw StorageError.cannotCreate(self, Errno(rawValue: errno))
  }
}
