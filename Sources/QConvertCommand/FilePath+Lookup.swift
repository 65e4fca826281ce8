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

  /// Creates a directory unless it is there; a dry run only finds out whether there may be one.
  func createDirectory(dryRun: Bool) throws {
    if isDirectory { return }
    // What is not there is the only thing that access finds out before mkdir.
    let result = unsafe withPlatformString { path in
      unsafe dryRun ? access(path, F_OK) : mkdir(path, 0o777)
    }
    let error = Errno(rawValue: errno)
    guard dryRun else {
      if result == 0 || isDirectory { return }
      throw StorageError.cannotCreate(self, error)
    }
    if result == 0 { throw StorageError.cannotCreate(self, .fileExists) }
    let parent = lexicallyNormalized().removingLastComponent()
    guard error == .noSuchFileOrDirectory, parent.isEmpty || parent.isDirectory else {
      throw StorageError.cannotCreate(self, error)
    }
  }
}
