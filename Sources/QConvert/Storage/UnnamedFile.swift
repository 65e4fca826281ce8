import Synchronization
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file that has no name, for what is needed again soon: it is gone with this value, or with the process.
final class UnnamedFile: Sendable {
  private let place: FilePath
  private let descriptor: FileDescriptor
  /// The bytes that there was room for so far.
  private let byteCount = Mutex(0)

  /// Creates a file in the directory in which `place` is.
  init(beside place: FilePath) throws(StorageError) {
    self.place = place
    do throws(Errno) {
      descriptor = try Self.create(beside: place.withoutLinks ?? place)
    } catch {
      throw .cannotCreate(place, error)
    }
  }

  /// Demands room for so many bytes. What was written before stays until it is overwritten: pages that
  /// the system has for it already are the fastest.
  func reserve(_ needed: Int) throws(StorageError) {
    try byteCount.withLock { byteCount throws(StorageError) in
      guard needed > byteCount else { return }
      try FreeSpace.check(for: place, needed: needed - byteCount)
      byteCount = needed
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// Writes bytes at an offset.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    do {
      _ = unsafe try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw .cannotWrite(place, error as? Errno ?? .ioError)
    }
  }

  /// Fills a buffer with bytes that were written.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    do throws(Errno) {
      let count = unsafe try descriptor.readAll(fromAbsoluteOffset: offset, into: buffer)
      guard count == buffer.count else { throw Errno.ioError }
    } catch {
      throw .cannotRead(place, error)
    }
  }

  private static func create(beside place: FilePath) throws(Errno) -> FileDescriptor {
    #if os(Linux)
    // With O_TMPFILE it never has a name; its own bit is the same on all machines that Swift knows.
    let flags = 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC
    let directory = place.removingLastComponent()
    let number = unsafe (directory.isEmpty ? "." : directory).withPlatformString { path in
      unsafe open(path, flags, 0o600)
    }
    if number >= 0 { return FileDescriptor(rawValue: number) }
    #endif
    let file = try TemporaryFile(for: place, clearsLeftovers: false)
    file.remove()
    return file.descriptor
  }
}
