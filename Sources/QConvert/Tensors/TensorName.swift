/// The name of a tensor, compared byte by byte.
///
/// Swift's `String` calls two spellings equal when they differ only in Unicode normalization; in a
/// checkpoint they are two tensors.
public struct TensorName: Sendable {
  /// The name as text, exactly as in the file.
  public let string: String

  /// A name with these UTF-8 bytes.
  public init(_ string: String) {
    self.string = string
  }

  /// The path of the module that owns the parameter: everything before the last dot, or nothing.
  public var module: String {
    guard let dot = string.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(string[..<dot])
  }

  /// The name of the parameter within its module: everything after the last dot.
  public var parameter: String {
    guard let dot = string.utf8.lastIndex(of: UInt8(ascii: ".")) else { return string }
    return String(string[string.utf8.index(after: dot)...])
  }
}

extension TensorName: Hashable {
  /// Whether the bytes are the same.
  public static func == (a: Self, b: Self) -> Bool {
    var (a, b) = (a.string, b.string)
    return a.withUTF8 { a in
      b.withUTF8 { b in unsafe a.count == b.count && a.elementsEqual(b) }
    }
  }

  /// Feeds the bytes to a hasher. Not the string: any number of spellings may be equal to Unicode, and
  /// all would share one hash.
  public func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
  }
}

extension TensorName: Comparable {
  /// The order of the bytes.
  public static func < (a: Self, b: Self) -> Bool {
    a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
  }
}

extension TensorName: ExpressibleByStringLiteral {
  /// The value that the text spells.
  public init(stringLiteral value: String) {
    self.init(value)
  }
}

extension TensorName: CustomStringConvertible {
  /// The name fit for a terminal: control characters are escaped, long names shortened.
  public var description: String {
    var text = ""
    for scalar in string.unicodeScalars.prefix(200) {
      text += scalar.properties.isPrintable ? String(scalar) : scalar.escaped(asASCII: true)
    }
    return string.unicodeScalars.count > 200 ? text + "…" : text
  }
}

extension Unicode.Scalar.Properties {
  /// Whether a terminal shows the scalar as itself: no control, format or unassigned character.
  fileprivate var isPrintable: Bool {
    switch generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }
}
