/// The type of the elements of an HDF5 dataset or attribute, as far as it takes to read or to copy them.
indirect enum HDF5Type: Hashable, Sendable {
  case integer(HDF5Integer)
  case float(HDF5Float)
  /// Bytes that HDF5 knows nothing of; Keras 3 writes bfloat16 so.
  case opaque(size: Int, tag: String)
  /// Names for the values of an integer type; h5py writes booleans so.
  case enumeration(HDF5Integer, members: [HDF5Member])
  /// Text of a fixed number of bytes.
  case string(size: Int, padding: HDF5StringPadding, isUTF8: Bool)
  /// Text of any length, kept elsewhere in the file.
  case variableString(isUTF8: Bool)
  /// An array of a fixed shape in every element.
  case array(HDF5Type, shape: [Int])
  /// Everything else: compound types, references, sequences, times, bit fields.
  case other(kind: String, size: Int)
}

/// The order of the bytes of a number.
enum HDF5ByteOrder: String, Sendable {
  case little, big
}

/// A whole number that fills its bytes.
struct HDF5Integer: Hashable, Sendable {
  let size: Int
  let isSigned: Bool
  let order: HDF5ByteOrder
}

/// A floating-point number by its fields: positions and sizes in bits, counted from the lowest.
struct HDF5Float: Hashable, Sendable {
  let size: Int
  let order: HDF5ByteOrder
  let precision: Int
  let offset: Int
  let signPosition: Int
  let exponentPosition: Int
  let exponentSize: Int
  let exponentBias: Int
  let mantissaPosition: Int
  let mantissaSize: Int
  /// Whether the highest bit of the mantissa is implied.
  let isNormalized: Bool
}

/// A value of an enumeration.
struct HDF5Member: Hashable, Sendable {
  let name: String
  let value: Int
}

/// What fills a fixed-length string after its text.
enum HDF5StringPadding: String, Sendable {
  case nullTerminated, nullPadded, spacePadded
}

extension HDF5Type {
  /// The size of an element in bytes; nil where values are kept elsewhere or are never read.
  var byteCount: Int? {
    switch self {
    case .integer(let type), .enumeration(let type, _): type.size
    case .float(let type): type.size
    case .opaque(let size, _), .string(let size, _, _): size
    case .variableString, .other: nil
    // Checked when the type was parsed.
    case .array(let type, let shape): type.byteCount.map { shape.reduce($0, *) }
    }
  }
}
