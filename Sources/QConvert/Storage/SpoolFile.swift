import Synchronization
import SystemPackage

/// Bytes that wait on the disk for their place, in a file without a name beside the output.
final class SpoolFile: Sendable {
  private let file: UnnamedFile
  private let end = Atomic(0)

  /// Creates the file; nothing of it stays, whatever happens.
  init(for output: FilePath) throws(StorageError) {
    file = try UnnamedFile(beside: output)
  }

  /// Adds bytes, from any thread, and gives their offset.
  func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> Int {
    let offset = end.wrappingAdd(bytes.count, ordering: .relaxed).oldValue
    unsafe try file.write(bytes, at: offset)
    return offset
  }

  /// Fills a buffer with the bytes from an offset on.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageError) {
    unsafe try file.read(into: buffer, at: offset)
  }
}
