import SystemPackage

extension ShardIndex {
  /// The most bytes an index may have: room for more than a million tensors.
  static let byteLimit = 256 << 20

  /// Reads an index from a file.
  init(_ file: InputFile) throws {
    do {
      guard file.byteCount <= Self.byteLimit else {
        throw ShardIndexError.tooLarge(byteCount: file.byteCount)
      }
      let text = try file.bytes(0..<file.byteCount)
      if let format = ForeignFormat(start: Array(text.prefix(256))), format != .json {
        throw ShardIndexError.foreign(format)
      }
      self = try ShardIndex(parsing: text)
    } catch let error as ShardIndexError {
      throw CheckpointError(path: file.path, reason: error)
    }
  }

  /// The index in a file that a user names; nil for a file that is no JSON text.
  ///
  /// - Throws: ``CheckpointError`` for JSON that is no index, or a broken one.
  init?(given path: FilePath) throws {
    let file = try InputFile(path)
    let start = try file.bytes(0..<min(file.byteCount, 256))
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d]
    // Text has no byte 0, the length at the start of a safetensors file always some.
    guard start.first(where: { !blanks.contains($0) }) == UInt8(ascii: "{"),
      !start.prefix(8).contains(0)
    else { return nil }
    do {
      try self.init(file)
    } catch let error as CheckpointError {
      // Only what is called an index, or is like one, is a broken index.
      guard !path.string.hasSuffix(".index.json"), let reason = error.reason as? ShardIndexError
      else { throw error }
      switch reason {
      case .text, .noWeightMap, .weightMapNotAnObject:
        throw CheckpointError(path: path, reason: ForeignFormat.json)
      default: throw error
      }
    }
  }
}
