import SystemPackage

/// A regular file open for reading at any offset, from any thread.
///
/// Reads go through `pread`: a file that shrinks meanwhile gives an error where a memory map would
/// kill the process.
final class InputFile: Sendable {
  let path: FilePath
  let identity: FileIdentity
  private let descriptor: FileDescriptor

  /// Opens a file without waiting for anything: a FIFO or a device is refused at once.
  init(_ path: FilePath) throws(StorageError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
    } catch {
      throw .cannotOpen(path, error as? Errno ?? .ioError)
    }
    do throws(Errno) {
      identity = try FileIdentity(of: descriptor)
    } catch {
      try? descriptor.close()
      throw .cannotOpen(path, error)
    }
    guard identity.isRegularFile else {
      try? descriptor.close()
      throw identity.isDirectory ? .isDirectory(path) : .notARegularFile(path)
    }
  }

  deinit {
    try? descriptor.close()
  }

  var byteCount: Int { identity.byteCount }

  /// Fills the buffer with the bytes from `offset` on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < buffer.count {
      let count: Int
      do {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        count = unsafe try descriptor.read(fromAbsoluteOffset: Int64(offset + done), into: rest)
      } catch {
        throw .cannotRead(path, error as? Errno ?? .ioError)
      }
      guard count > 0 else {
        throw .endsEarly(path, expected: offset + buffer.count, available: offset + done)
      }
      done += count
    }
  }

  /// The bytes of a range; the caller has checked it against the size of the file.
  func bytes(_ range: Range<Int>) throws(StorageError) -> [UInt8] {
    do {
      return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        unsafe try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
        count = range.count
      }
    } catch {
      throw error as? StorageError ?? .cannotRead(path, .ioError)
    }
  }

  /// Demands that the file is still what it was when it was opened.
  func checkUnchanged() throws(StorageError) {
    do throws(Errno) {
      guard try FileIdentity(of: descriptor).hasContents(of: identity) else {
        throw Errno.staleNFSFileHandle
      }
    } catch {
      throw .changedWhileReading(path)
    }
  }
}
