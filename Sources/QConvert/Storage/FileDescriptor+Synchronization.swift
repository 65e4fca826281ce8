import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FileDescriptor {
  /// Waits until what has been written is on the disk.
  func synchronize() throws(Errno) {
    #if canImport(Darwin)
    // There fsync leaves the bytes in the drive's cache.
    if fcntl(rawValue, F_FULLFSYNC) == 0 { return }
    #endif
    while fsync(rawValue) != 0 {
      let code = Errno(rawValue: errno)
      guard code == .interrupted else { throw code }
    }
  }

  /// Makes the names in a directory durable.
  func synchronizeDirectory() throws(Errno) {
    do throws(Errno) {
      try synchronize()
    } catch {
      // Some file systems know no fsync of a directory and need none.
      if error != .invalidArgument { throw error }
    }
  }
}

extension FilePath {
  /// Makes the names in a directory durable.
  func synchronizeDirectory() throws(Errno) {
    do {
      let descriptor = try FileDescriptor.open(self, .readOnly, options: [.closeOnExec])
      defer { try? descriptor.close() }
      try descriptor.synchronizeDirectory()
    } catch {
      let error = error as? Errno ?? .ioError
      // A directory may be open for writing only.
      if error != .permissionDenied { throw error }
    }
  }
}
