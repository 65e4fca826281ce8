import Synchronization
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The file of a ``Journal``: whole lines, which any thread may append.
///
/// A line that a run died in is cut off before the next one is appended.
final class JournalFile: Sendable {
  /// The size up to which a journal is read; it is reached by a million files.
  static let byteLimit = 64 << 20

  private let path: FilePath
  private let isDurable: Bool
  private let descriptor = Mutex<FileDescriptor?>(nil)

  /// A journal, which need not exist.
  init(_ path: FilePath, isDurable: Bool) {
    self.path = path
    self.isDurable = isDurable
  }

  deinit {
    close()
  }

  /// Whether there is a file.
  var exists: Bool { path.isOccupied }

  /// What is in the file; nil where there is none, or one larger than any journal.
  var bytes: [UInt8]? {
    get throws(StorageError) {
      do throws(StorageError) {
        let file = try InputFile(path)
        guard file.byteCount <= Self.byteLimit else { return nil }
        return try file.bytes(0..<file.byteCount)
      } catch {
        if case .cannotOpen(_, .noSuchFileOrDirectory) = error { return nil }
        throw error
      }
    }
  }

  /// Puts a journal of one line in the place of any other, in one step.
  func start(_ line: [UInt8]) throws(StorageError) {
    close()
    let temporary = temporaryPath
    do {
      try temporary.removeFile()
      let opened = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .append, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o666))
      descriptor.withLock { $0 = opened }
      try opened.writeAll(line + [UInt8(ascii: "\n")])
      if isDurable { try opened.synchronize() }
      try temporary.rename(to: path)
      if isDurable { try path.parent.synchronizeDirectory() }
    } catch {
      throw .cannotWrite(path, error as? Errno ?? .ioError)
    }
  }

  /// Appends a line, in one write where the file system does not stop in the middle.
  func append(_ line: [UInt8]) throws(StorageError) {
    do {
      try descriptor.withLock { descriptor in
        let opened = try descriptor ?? reopened()
        descriptor = opened
        let end = try opened.seek(offset: 0, from: .end)
        do {
          try opened.writeAll(line + [UInt8(ascii: "\n")])
          if isDurable { try opened.synchronize() }
        } catch {
          // Half a line would spoil the next one.
          _ = ftruncate(opened.rawValue, off_t(end))
          throw error
        }
      }
    } catch let error as StorageError {
      throw error
    } catch {
      throw .cannotWrite(path, error as? Errno ?? .ioError)
    }
  }

  /// Opens the journal of a run that died, and cuts off the line it died in.
  private func reopened() throws -> FileDescriptor {
    guard let bytes = try bytes else { throw Errno.noSuchFileOrDirectory }
    let opened = try FileDescriptor.open(
      path, .writeOnly, options: [.append, .closeOnExec, .noFollow])
    let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    guard ftruncate(opened.rawValue, off_t(whole)) == 0 else {
      let code = Errno(rawValue: errno)
      try? opened.close()
      throw code
    }
    return opened
  }

  /// Removes the file; what it tells of is worth nothing any more.
  func remove() throws(Errno) {
    close()
    try temporaryPath.removeFile()
    try path.removeFile()
  }

  /// Ends the appending.
  func close() {
    descriptor.withLock { descriptor in
      try? descriptor?.close()
      descriptor = nil
    }
  }

  private var temporaryPath: FilePath { path.parent.appending("journal.new") }
}
