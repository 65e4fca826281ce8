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
    of items: some Sequence<Item>, metadata: [MetadataEntry]
  ) throws(SafetensorsError) -> [UInt8] {
    var text = Array(repeating: UInt8(0), count: 8)
    text.append(UInt8(ascii: "{"))
    if !metadata.isEmpty {
      let members = metadata.map { JSONValue.Member(name: $0.name, value: .string($0.value)) }
      text += "\"__metadata__\":".utf8
      JSONValue.object(members).write(to: &text)
    }
    var offset = 0
    for item in items {
      if text.count > 9 { text.append(UInt8(ascii: ",")) }
      JSONValue.write(item.name.string, to: &text)
      let shape = item.shape.map(String.init).joined(separator: ",")
      text += ":{\"dtype\":\"\(item.dtype)\",\"shape\":[\(shape)],".utf8
      text += "\"data_offsets\":[\(offset),\(offset + item.byteCount)]}".utf8
      offset += item.byteCount
    }
    text.append(UInt8(ascii: "}"))
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    let length = text.count - 8
    guard length <= lengthLimit else { throw .outputHeaderTooLong(length) }
    text.replaceSubrange(..<8, with: UInt64(length).littleEndianBytes)
    return text
  }
}
