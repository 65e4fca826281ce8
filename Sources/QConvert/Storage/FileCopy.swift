import SystemPackage

/// The copy of a file that belongs to a model and is not converted, in a directory of our own.
enum FileCopy {
  private static let bufferByteCount = 1 << 20

  /// Copies a file, which appears complete or not at all, with the permissions that the umask leaves.
  ///
  /// - Parameters:
  ///   - source: The file to copy.
  ///   - byteCount: Its size when the inputs were listed; another one is an error.
  ///   - destination: The new file; none of that name may exist.
  ///   - isDurable: Whether to wait until the bytes are on the disk.
  /// - Throws: What reading or writing fails with; ``StorageError/changedWhileReading(_:)``.
  static func copy(
    _ source: FilePath, byteCount: Int, to destination: FilePath, isDurable: Bool
  ) throws(StorageError) {
    let input = try InputFile(source)
    guard input.byteCount == byteCount else { throw .changedWhileReading(source) }
    let output = try OutputFile(
      destination, byteCount: byteCount, overwrite: false, isDurable: isDurable,
      clearsLeftovers: false)
    do throws(StorageError) {
      try transfer(input, output)
      try input.checkUnchanged()
      try output.adoptMode(of: input.identity)
      try output.synchronize()
      try output.commit()
    } catch {
      output.discard()
      throw error
    }
  }

  private static func transfer(
    _ input: InputFile, _ output: OutputFile
  ) throws(StorageError) {
    let buffer = Scratch<UInt8>()
    var offset = 0
    while offset < input.byteCount {
      let count = min(bufferByteCount, input.byteCount - offset)
      let bytes = unsafe UnsafeMutableRawBufferPointer(buffer.reserve(count))
      unsafe try input.read(into: bytes, at: offset)
      unsafe try output.write(UnsafeRawBufferPointer(bytes), at: offset)
      offset += count
    }
  }
}
