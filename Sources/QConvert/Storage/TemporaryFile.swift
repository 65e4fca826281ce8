import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The temporary file beside an output: `.NAME.qconvert-PID.tmp`.
///
/// Its writer holds a lock on it, which ends with the process: one that can be locked was left by a run
/// that died, and goes.
struct TemporaryFile: Sendable {
  let path: FilePath
  private let prefix: String

  init(for destination: FilePath) {
    // Names have 255 bytes at most, and this one has to fit where the output's does.
    let name = destination.lastComponent?.string ?? ""
    prefix = ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).qconvert-"
    path = destination.removingLastComponent().appending("\(prefix)\(getpid()).tmp")
  }

  /// Creates the file, open for writing and locked, after removing those of runs that died.
  func create() throws(Errno) -> FileDescriptor {
    removeLeftovers()
    do {
      while true {
        let descriptor = try FileDescriptor.open(
          path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
          permissions: FilePermissions(rawValue: 0o666))
        // A file system without locks is no reason to stop.
        _ = flock(descriptor.rawValue, LOCK_EX)
        // Before it was locked, another run may have taken it for a leftover.
        if let found = try FileIdentity(at: path),
          found.isSameFile(as: try FileIdentity(of: descriptor))
        {
          return descriptor
        }
        try descriptor.close()
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// Removes the file; once it has its final name there is none.
  func remove() {
    _ = unsafe path.withPlatformString { path in unsafe unlink(path) }
  }

  private func removeLeftovers() {
    let directory = path.removingLastComponent()
    for name in (directory.isEmpty ? FilePath(".") : directory).directoryEntries
    where name.hasPrefix(prefix) && name.hasSuffix(".tmp") {
      let leftover = directory.appending(name)
      let options: FileDescriptor.OpenOptions = [.nonBlocking, .closeOnExec, .noFollow]
      guard let descriptor = try? FileDescriptor.open(leftover, .writeOnly, options: options)
      else { continue }
      if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 {
        _ = unsafe leftover.withPlatformString { path in unsafe unlink(path) }
      }
      try? descriptor.close()
    }
  }
}

extension FilePath {
  /// The names in a directory; none where it cannot be read.
  fileprivate var directoryEntries: [String] {
    guard let directory = unsafe withPlatformString({ path in unsafe opendir(path) }),
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)
    else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // The structure may be cut short after its name, so only the name is read.
      let name = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      unsafe names.append(String(cString: name.assumingMemoryBound(to: CChar.self)))
    }
    return names
  }
}
