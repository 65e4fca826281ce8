import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A temporary file without a name, or one that somebody else fills by its path until ``removeName()``.
///
/// What is never written takes no room, whatever the size of the file.
struct SparseFile: ~Copyable {
  let path: FilePath
  private let descriptor: FileDescriptor

  /// Creates the file.
  init(in directory: FilePath) throws(Errno) {
    var template = unsafe directory.appending("qconvert-XXXXXX").withPlatformString { path in
      unsafe Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1))
    }
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    self.descriptor = FileDescriptor(rawValue: descriptor)
    path = FilePath(platformString: template)
  }

  deinit {
    removeName()
    try? descriptor.close()
  }

  /// Removes the name, so that nothing is left whatever happens; what is open goes on.
  func removeName() {
    _ = unsafe path.withPlatformString { path in unsafe unlink(path) }
  }

  /// The size of the file now.
  func byteCount() throws(Errno) -> Int { try FileIdentity(of: descriptor).byteCount }

  /// Writes bytes at the end of what was written so.
  func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    do {
      _ = unsafe try descriptor.writeAll(bytes)
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// The file for reading, which outlives this value; in messages it has the path.
  func input(calledAs path: FilePath) throws(StorageError) -> InputFile {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .cannotOpen(path, Errno(rawValue: errno)) }
    return try InputFile(unnamed: FileDescriptor(rawValue: copy), calledAs: path)
  }

  /// The bytes of a range of the file.
  func bytes(_ range: Range<Int>) throws(Errno) -> [UInt8] {
    do {
      return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        count = unsafe try descriptor.readAll(
          fromAbsoluteOffset: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        guard count == range.count else { throw Errno.ioError }
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }
}
