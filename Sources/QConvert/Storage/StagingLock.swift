import SystemPackage
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The lock of a staging directory: one process works on an output at a time.
///
/// It ends with the process, however that ends; the file says which process it is.
final class StagingLock: Sendable {
  private let path: FilePath
  private let descriptor: Mutex<FileDescriptor?>

  /// Creates the directory and locks it, without waiting; `output` is what errors are about.
  init(in directory: FilePath, for output: FilePath) throws(StorageError) {
    path = directory.appending("lock")
    do {
      for _ in 0..<100 {
        try directory.createDirectory()
        // A link in the place of the directory would lead the work elsewhere.
        _ = try DirectoryTree(directory)
        guard let opened = try Self.open(path) else { continue }
        guard flock(opened.rawValue, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
          let holder = Self.process(in: opened)
          try? opened.close()
          throw StorageError.inUse(output, process: holder)
        }
        // A file system without locks is no reason to stop.
        if opened.isOpenFile(at: path) {
          Self.note(getpid(), in: opened)
          descriptor = Mutex(opened)
          return
        }
        // Whoever held it has finished and removed the file; nobody else would see this lock.
        try? opened.close()
      }
      throw Errno.resourceBusy
    } catch {
      throw error as? StorageError ?? .cannotCreate(directory, error as? Errno ?? .ioError)
    }
  }

  deinit {
    release()
  }

  /// Lets others work on the output.
  func release() {
    descriptor.withLock { descriptor in
      try? descriptor?.close()
      descriptor = nil
    }
  }

  /// Opens the file; nil when the directory has gone since it was created.
  private static func open(_ path: FilePath) throws(Errno) -> FileDescriptor? {
    do {
      return try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow, .nonBlocking],
        permissions: FilePermissions(rawValue: 0o666))
    } catch {
      let error = error as? Errno ?? .ioError
      guard error == .noSuchFileOrDirectory else { throw error }
      return nil
    }
  }

  /// Notes down the process; only errors of other runs become less telling without.
  private static func note(_ process: pid_t, in file: FileDescriptor) {
    guard ftruncate(file.rawValue, 0) == 0 else { return }
    _ = try? file.writeAll(toAbsoluteOffset: 0, "\(process)\n".utf8)
  }

  /// The process that has noted itself down.
  private static func process(in file: FileDescriptor) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe (try? file.read(fromAbsoluteOffset: 0, into: buffer)) ?? 0
    }
    let digits = bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
