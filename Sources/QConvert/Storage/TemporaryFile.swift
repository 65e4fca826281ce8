import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The temporary file beside an output, open for writing: `.NAME.qconvert-PID.tmp`.
///
/// Its writer holds a lock on it, which ends with the process: one that can be locked was left by a run
/// that died, and goes.
struct TemporaryFile: Sendable {
  let path: FilePath
  let descriptor: FileDescriptor

  /// Creates the file, where wanted after removing those of runs that died.
  init(for destination: FilePath, clearsLeftovers: Bool) throws(Errno) {
    let directory = destination.removingLastComponent()
    // Names have 255 bytes at most, and this one has to fit where the output's does.
    let name = destination.lastComponent?.string ?? ""
    let prefix = ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).qconvert-"
    if clearsLeftovers { Self.removeLeftovers(in: directory, prefix) }
    var attempt = 0
    while true {
      // Another process of this number, in another container, may be at work on the same output.
      let number = attempt == 0 ? "\(getpid())" : "\(getpid())-\(attempt)"
      let path = directory.appending("\(prefix)\(number).tmp")
      do throws(Errno) {
        if let descriptor = try Self.create(path) {
          self.path = path
          self.descriptor = descriptor
          return
        }
      } catch {
        guard error == .fileExists, attempt < 100 else { throw error }
      }
      attempt += 1
    }
  }

  /// Removes the file; once it has its final name there is none.
  func remove() {
    _ = unsafe path.withPlatformString { path in unsafe unlink(path) }
  }

  /// Creates and locks a file; nil when another run took it for a leftover before it was locked.
  private static func create(_ path: FilePath) throws(Errno) -> FileDescriptor? {
    do {
      let descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o666))
      // A file system without locks is no reason to stop.
      _ = flock(descriptor.rawValue, LOCK_EX)
      if descriptor.isOpenFile(at: path) { return descriptor }
      try descriptor.close()
      return nil
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  private static func removeLeftovers(in directory: FilePath, _ prefix: String) {
    let names = (try? DirectoryTree(directory, followsLink: true).names) ?? []
    for name in names where name.string.hasPrefix(prefix) && name.string.hasSuffix(".tmp") {
      let path = directory.appending(name)
      let options: FileDescriptor.OpenOptions = [.nonBlocking, .closeOnExec, .noFollow]
      guard let descriptor = try? FileDescriptor.open(path, .writeOnly, options: options)
      else { continue }
      if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0, descriptor.isOpenFile(at: path) {
        _ = unsafe path.withPlatformString { path in unsafe unlink(path) }
      }
      try? descriptor.close()
    }
  }
}

extension FileDescriptor {
  /// Whether the path still leads to the file that is open.
  func isOpenFile(at path: FilePath) -> Bool {
    guard let found = try? FileIdentity(at: path), let own = try? FileIdentity(of: self)
    else { return false }
    return found.isSameFile(as: own)
  }
}
