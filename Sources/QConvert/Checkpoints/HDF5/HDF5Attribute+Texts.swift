extension HDF5Attribute {
  /// The texts of the attribute as bytes; nil for other values.
  ///
  /// An array without elements has no texts, whatever its type: Keras writes an empty list of names as
  /// no floats.
  var texts: [[UInt8]]? {
    if shape?.contains(0) ?? true { return [] }
    switch (type, value) {
    case (.variableString, .texts(let texts)): return texts
    case (.string(let size, let padding, _), .bytes(let bytes)) where size > 0:
      return stride(from: 0, to: bytes.count, by: size).map { start in
        Array(padding.text(in: bytes[start..<min(start + size, bytes.count)]))
      }
    default: return nil
    }
  }

  /// The value where it is one text in UTF-8.
  var text: String? {
    guard let texts, texts.count == 1 else { return nil }
    return String(validating: texts[0], as: UTF8.self)
  }

  /// Whether the value is kept in the file and yet was not read.
  var isUnread: Bool { if case .unread = value { true } else { false } }
}

extension HDF5StringPadding {
  /// The text in the bytes of a string of fixed length.
  fileprivate func text(in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    switch self {
    case .nullTerminated: bytes.prefix { $0 != 0 }
    case .nullPadded: bytes.dropLast(while: { $0 == 0 })
    case .spacePadded: bytes.dropLast(while: { $0 == UInt8(ascii: " ") })
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func dropLast(while isFiller: (UInt8) -> Bool) -> Self {
    self[..<(lastIndex { !isFiller($0) }.map { $0 + 1 } ?? startIndex)]
  }
}
