extension SafetensorsHeader {
  /// A tensor to be written.
  struct Item {
    let name: TensorName
    let dtype: DType
    let shape: [Int]
    let byteCount: Int
  }

  /// The bytes of a header, length included, for tensors stored one after the other in this order.
  ///
  /// Padded with spaces so that the data begins at a multiple of 8.
  /// - Throws: ``SafetensorsError/outputHeaderTooLong(_:)`` beyond what readers accept.
  static func bytes(
    of items: some Sequence<Item>, metadata: [Metadata]
  ) throws(SafetensorsError) -> [UInt8] {
    var text = "{"
    if !metadata.isEmpty {
      let members = metadata.map { JSONValue.Member(name: $0.name, value: .string($0.value)) }
      text += "\"__metadata__\":\(JSONValue.object(members))"
    }
    var offset = 0
    for item in items {
      if text.utf8.count > 1 { text += "," }
      JSONValue.write(item.name.string, to: &text)
      let shape = item.shape.map(String.init).joined(separator: ",")
      text += ":{\"dtype\":\"\(item.dtype)\",\"shape\":[\(shape)],"
      text += "\"data_offsets\":[\(offset),\(offset + item.byteCount)]}"
      offset += item.byteCount
    }
    text += "}"
    var bytes = Array(text.utf8)
    bytes += Array(repeating: UInt8(ascii: " "), count: (8 - bytes.count % 8) % 8)
    guard bytes.count <= lengthLimit else { throw .outputHeaderTooLong(bytes.count) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
    return length + bytes
  }
}
