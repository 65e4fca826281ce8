/// A safetensors file without its tensors' bytes, and where they go.
struct SafetensorsOutline {
  /// A tensor to be written.
  struct Item {
    let name: TensorName
    let dtype: DType
    let shape: [Int]
    let byteCount: Int
  }

  /// The length and the text, padded with spaces up to where the data begin.
  let header: [UInt8]
  /// The bytes of each tensor in the file, in the order of the items.
  let places: [Range<Int>]
  /// The size of the file.
  let byteCount: Int

  /// Lays out the tensors of a file. Those that fill whole pages come first, from the beginning of a page on; then
  /// the others, those of the widest elements first, so that each begins at a multiple of its element's size.
  ///
  /// - Throws: ``SafetensorsError/outputHeaderTooLong(_:)`` beyond what readers accept.
  init(of items: [Item], metadata: [MetadataEntry]) throws(SafetensorsError) {
    var offsets = items.map { _ in 0 }
    var end = 0
    for kind in Item.Kind.allCases {
      for (index, item) in items.enumerated() where item.kind == kind {
        offsets[index] = end
        end += item.byteCount
      }
    }
    let hasPages = items.contains { $0.kind == .pages }
    let header = try Self.header(
      items, at: offsets, metadata, alignment: hasPages ? Page.byteCount : 8)
    self.header = header
    places = zip(items, offsets).map { item, offset in
      header.count + offset..<header.count + offset + item.byteCount
    }
    byteCount = header.count + end
  }

  private static func header(
    _ items: [Item], at offsets: [Int], _ metadata: [MetadataEntry], alignment: Int
  ) throws(SafetensorsError) -> [UInt8] {
    var text = Array(repeating: UInt8(0), count: 8)
    text.reserveCapacity(items.reduce(alignment) { $0 + $1.name.string.utf8.count + 112 })
    text.append(UInt8(ascii: "{"))
    if !metadata.isEmpty {
      let members = metadata.map { JSONValue.Member(name: $0.name, value: .string($0.value)) }
      text += "\"__metadata__\":".utf8
      JSONValue.object(members).write(to: &text)
    }
    for (item, offset) in zip(items, offsets) {
      if text.count > 9 { text.append(UInt8(ascii: ",")) }
      JSONValue.write(item.name.string, to: &text)
      text += ":{\"dtype\":\"".utf8
      text += item.dtype.rawValue.utf8
      text += "\",\"shape\":[".utf8
      for (axis, extent) in item.shape.enumerated() {
        if axis > 0 { text.append(UInt8(ascii: ",")) }
        JSONValue.write(extent, to: &text)
      }
      text += "],\"data_offsets\":[".utf8
      JSONValue.write(offset, to: &text)
      text.append(UInt8(ascii: ","))
      JSONValue.write(offset + item.byteCount, to: &text)
      text += "]}".utf8
    }
    text.append(UInt8(ascii: "}"))
    let padding = (alignment - text.count % alignment) % alignment
    text += repeatElement(UInt8(ascii: " "), count: padding)
    let length = text.count - 8
    guard length <= SafetensorsHeader.lengthLimit else { throw .outputHeaderTooLong(length) }
    text.replaceSubrange(..<8, with: UInt64(length).littleEndianBytes)
    return text
  }
}

extension SafetensorsOutline.Item {
  /// What decides about the place in a file, in the order of places.
  fileprivate enum Kind: CaseIterable {
    case pages, eightBytes, fourBytes, twoBytes, byte
  }

  fileprivate var kind: Kind {
    if byteCount > 0, byteCount.isMultiple(of: Page.byteCount) { return .pages }
    return switch dtype.bitWidth {
    case 64...: .eightBytes
    case 32...: .fourBytes
    case 16...: .twoBytes
    default: .byte
    }
  }
}
