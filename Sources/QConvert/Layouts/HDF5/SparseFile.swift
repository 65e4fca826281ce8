import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A temporary file that somebody else fills by its path, and that is read here.
///
/// What is never written takes no room, whatever the size of the file.
struct SparseFile: ~Copyable {
  /// Where temporary files go.
  static var directory: FilePath {
    guard let path = unsafe getenv("TMPDIR"), unsafe path.pointee != 0 else { return "/tmp" }
    return unsafe FilePath(platformString: path)
  }

  let path: FilePath
  private let descriptor: FileDescriptor

  /// Creates the file.
  init(in directory: FilePath) throws(HDF5OutputError) {
    var template = unsafe directory.appending("qconvert-XXXXXX").withPlatformString { path in
      unsafe Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1))
    }
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw .noTemporaryFile(directory, Errno(rawValue: errno)) }
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
  func byteCount() throws(HDF5OutputError) -> Int {
    do throws(Errno) {
      return try FileIdentity(of: descriptor).byteCount
    } catch {
      throw .noTemporaryFile(path, error)
    }
  }

  /// The bytes of a range of the file.
  func bytes(_ range: Range<Int>) throws(HDF5OutputError) -> [UInt8] {
    do {
      return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        count = 0
        while count < range.count {
          let rest = unsafe UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: buffer[count...]))
          let read = unsafe try descriptor.read(
            fromAbsoluteOffset: Int64(range.lowerBound + count), into: rest)
          guard read > 0 else { throw Errno.ioError }
          count += read
        }
      }
    } catch {
      throw .noTemporaryFile(path, error as? Errno ?? .ioError)
    }
  }
}
