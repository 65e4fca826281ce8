import CHDF5

/// Why a type or a value is not written.
struct HDF5Unwritable: Error {
  let reason: String
}

extension HDF5Handle {
  /// Makes a type to create objects with.
  static func making(_ type: HDF5Type) throws(HDF5Unwritable) -> HDF5Handle {
    switch type {
    case .integer(let type): return try making(type)
    case .float(let type):
      var facts = qc_h5_type(type)
      return unsafe try made(qc_h5_make_float(&facts))
    case .opaque(let size, let tag):
      return unsafe try made(qc_h5_make_opaque(UInt64(clamping: size), text(tag)))
    case .enumeration(let base, let members): return try making(base, members)
    case .string(let size, let padding, let isUTF8):
      guard size > 0 else { throw HDF5Unwritable(reason: "texts of no byte") }
      return try made(qc_h5_make_string(UInt64(size), padding.number, isUTF8))
    case .variableString(let isUTF8): return try made(qc_h5_make_string(0, 0, isUTF8))
    case .array(let type, let shape):
      let base = try making(type)
      let extents = shape.map { UInt64(clamping: $0) }
      return unsafe try made(qc_h5_make_array(base.id, Int32(clamping: shape.count), extents))
    case .other(let kind, _): throw HDF5Unwritable(reason: "elements of type \(kind)")
    }
  }

  private static func making(_ type: HDF5Integer) throws(HDF5Unwritable) -> HDF5Handle {
    try made(qc_h5_make_integer(UInt64(clamping: type.size), type.isSigned, type.order == .big))
  }

  private static func making(
    _ type: HDF5Integer, _ members: [HDF5Member]
  ) throws(HDF5Unwritable) -> HDF5Handle {
    let base = try making(type)
    let enumeration = try made(qc_h5_make_enumeration(base.id))
    for member in members {
      guard let value = type.bytes(of: member.value) else {
        throw HDF5Unwritable(reason: "an enumeration of integers of \(type.size) bytes")
      }
      guard unsafe qc_h5_add_member(enumeration.id, try text(member.name), value) else {
        throw refusal
      }
    }
    return enumeration
  }

  private static func made(_ id: qc_h5_id) throws(HDF5Unwritable) -> HDF5Handle {
    do throws(HDF5Failure) {
      return try HDF5Handle(id, .type)
    } catch {
      throw HDF5Unwritable(reason: error.reason)
    }
  }

  private static var refusal: HDF5Unwritable { HDF5Unwritable(reason: HDF5Failure(.type).reason) }

  /// A text that C takes for what it is.
  private static func text(_ text: String) throws(HDF5Unwritable) -> String {
    guard !text.utf8.contains(0) else {
      throw HDF5Unwritable(reason: "a zero in a name of its type")
    }
    return text
  }
}

extension HDF5Failure {
  fileprivate var reason: String {
    let message = String(decoding: message, as: UTF8.self)
    return "a type that libhdf5 does not make" + (message.isEmpty ? "" : ": \(message)")
  }
}

extension HDF5StringPadding {
  /// The number by which libhdf5 knows it.
  fileprivate var number: Int32 {
    switch self {
    case .nullTerminated: 0
    case .nullPadded: 1
    case .spacePadded: 2
    }
  }
}

extension HDF5Integer {
  /// The bytes of a value, at most 8.
  fileprivate func bytes(of value: Int) -> [UInt8]? {
    guard 1...8 ~= size else { return nil }
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return order == .big ? bytes.reversed() : bytes
  }
}

extension qc_h5_type {
  fileprivate init(_ type: HDF5Float) {
    self.init()
    size = UInt64(clamping: type.size)
    order = type.order == .big ? qc_h5_big : qc_h5_little
    precision = UInt64(clamping: type.precision)
    offset = UInt64(clamping: type.offset)
    sign = UInt64(clamping: type.signPosition)
    exponent = UInt64(clamping: type.exponentPosition)
    exponent_size = UInt64(clamping: type.exponentSize)
    bias = UInt64(clamping: type.exponentBias)
    mantissa = UInt64(clamping: type.mantissaPosition)
    mantissa_size = UInt64(clamping: type.mantissaSize)
    is_normalized = type.isNormalized
  }
}
