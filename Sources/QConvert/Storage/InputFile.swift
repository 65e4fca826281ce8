import SystemPackage

/// A regular file open for reading at any offset, from any thread.
///
/// Reads go through `pread`: a file that shrinks meanwhile gives an error where a memory map would
/// kill the process.
final class InputFile: Sendable {
  let path: FilePath
  let identity: FileIdentity
  let descriptor: FileDescriptor
  /// Whether the path leads to the file; one without a name has the path for messages only.
  let hasName: Bool

  /// Opens a file without waiting for anything: a FIFO or a device is refused at once.
  init(_ path: FilePath) throws(StorageError) {
    self.path = path
    hasName = true
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

  /// Takes over a temporary file that has no name any more.
  init(unnamed descriptor: FileDescriptor, calledAs path: FilePath) throws(StorageError) {
    self.path = path
    self.descriptor = descriptor
    hasName = false
    do throws(Errno) {
      identity = try FileIdentity(of: descriptor)
    } catch {
      try? descriptor.close()
      throw .cannotOpen(path, error)
    }
  }

  deinit {
    try? descriptor.close()
  }

  var byteCount: Int { identity.byteCount }

  /// A path by which this process can open the file once more, as long as it is open.
  var ownPath: FilePath { hasName ? path : Self.path(of: descriptor) }

  /// A path that leads to what a process has open.
  static func path(of descriptor: FileDescriptor) -> FilePath {
    FilePath("/dev/fd/\(descriptor.rawValue)")
  }

  /// Fills the buffer with the bytes from `offset` on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    let count: Int
    do throws(Errno) {
      count = unsafe try descriptor.readAll(fromAbsoluteOffset: offset, into: buffer)
    } catch {
      throw .cannotRead(path, error)
    }
    guard count == buffer.count else {
      throw .endsEarly(path, expected: offset + buffer.count, available: offset + count)
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
