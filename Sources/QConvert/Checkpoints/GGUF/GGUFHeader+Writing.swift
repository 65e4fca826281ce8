extension GGUFHeader {
  /// What tensors are aligned to in a file without another word on it.
  static let alignment = 32
  /// Names as long as this are no names to ggml, whatever other readers take.
  static let ggmlNameLimit = 64

  /// A tensor to be written.
  struct Item {
    let name: TensorName
    let type: GGMLType
    /// The lengths of the axes in elements, outermost first.
    let shape: [Int]
    let byteCount: Int
  }

  /// The bytes of a header, padding included, for tensors stored in this order, and the places of those in the
  /// file.
  ///
  /// - Throws: ``GGUFError/outputHeaderTooLong(_:)`` and ``GGUFError/nameTooLong(_:_:)`` beyond what is read.
  static func bytes(
    of items: [Item], pairs: [GGUFPair]
  ) throws(GGUFError) -> (header: [UInt8], places: [Range<Int>]) {
    var bytes = signature + UInt32(3).littleEndianBytes
    bytes += UInt64(items.count).littleEndianBytes + UInt64(pairs.count).littleEndianBytes
    for (index, pair) in pairs.enumerated() {
      try append(pair.key, .pair(index: index), to: &bytes)
      bytes += pair.value.type.rawValue.littleEndianBytes
      bytes += pair.value.bytes
    }
    var offset = 0
    var offsets: [Int] = []
    for (index, item) in items.enumerated() {
      try append(item.name, .tensor(index: index), to: &bytes)
      bytes += UInt32(item.shape.count).littleEndianBytes
      for length in item.shape.reversed() { bytes += UInt64(length).littleEndianBytes }
      bytes += item.type.id.littleEndianBytes
      bytes += UInt64(offset).littleEndianBytes
      offsets.append(offset)
      offset += padded(item.byteCount)
    }
    bytes += repeatElement(0, count: padded(bytes.count) - bytes.count)
    let start = bytes.count
    guard start <= lengthLimit else { throw .outputHeaderTooLong(start) }
    return (
      bytes,
      zip(items, offsets).map { start + $1..<start + $1 + $0.byteCount }
    )
  }

  /// A size with the padding that follows.
  static func padded(_ size: Int) -> Int { (size + alignment - 1) / alignment * alignment }

  private static func append(
    _ name: TensorName, _ part: GGUFError.Part, to bytes: inout [UInt8]
  ) throws(GGUFError) {
    let text = name.string.utf8
    guard text.count <= nameLimit else { throw .nameTooLong(part, UInt64(text.count)) }
    bytes += UInt64(text.count).littleEndianBytes
    bytes += text
  }
}
