package import SystemPackage

/// A text that becomes a file complete or not at all.
package enum TextFile {
  /// Writes a text, never over the file it was made from.
  ///
  /// - Throws: ``StorageError``.
  package static func write(
    _ text: String, to path: FilePath, madeFrom input: FilePath? = nil, overwrite: Bool,
    isDurable: Bool = false
  ) throws {
    if let input {
      try OutputFile.check(path, inputs: [InputFile(input)], overwrite: overwrite)
    }
    let bytes = Array(text.utf8)
    let file = try OutputFile(
      path, byteCount: bytes.count, overwrite: overwrite, isDurable: isDurable)
    do {
      try file.write([FileSegment(offset: 0, bytes: bytes)])
      try file.synchronize()
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }
}
