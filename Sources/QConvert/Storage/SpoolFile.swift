import Synchronization
import SystemPackage

/// Bytes that wait on the disk for their place, in a file without a name beside the output.
final class SpoolFile: Sendable {
  private let path: FilePath
  private let descriptor: FileDescriptor
  private let end = Atomic(0)

  /// Creates the file; nothing of it stays, whatever happens.
  init(for output: FilePath) throws(StorageError) {
    path = output
    do throws(Errno) {
      let file = try TemporaryFile(for: output.withoutLinks ?? output, clearsLeftovers: true)
      file.remove()
      descriptor = file.descriptor
    } catch {
      throw .cannotCreate(output, error)
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// Adds bytes, from any thread, and gives their offset.
  func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> Int {
    let offset = end.wrappingAdd(bytes.count, ordering: .relaxed).oldValue
    do {
      _ = unsafe try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw .cannotWrite(path, error as? Errno ?? .ioError)
    }
    return offset
  }

  /// Fills a buffer with the bytes from an offset on.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageError) {
    do {
      var count = 0
      while count < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        let read = unsafe try descriptor.read(
          fromAbsoluteOffset: Int64(offset + count), into: rest)
        guard read > 0 else { throw Errno.ioError }
        count += read
      }
    } catch {
      throw .cannotRead(path, error as? Errno ?? .ioError)
    }
  }
}
