import CHDF5

/// Where the values of a type are.
enum HDF5Values {
  /// In place, each of this size.
  case fixed(Int)
  /// Texts of any length.
  case texts
  /// Somewhere that is never looked at.
  case elsewhere
}

extension HDF5Message {
  /// More members than an enumeration that is understood has.
  private static let memberLimit = 4096
  /// The deepest nesting of arrays in a type that is understood.
  static let typeDepthLimit = 8

  /// Adds a type.
  mutating func append(
    _ type: borrowing HDF5Handle, depth: Int = 0
  ) throws(HDF5Failure) -> HDF5Values {
    var facts = qc_h5_type()
    unsafe try HDF5Failure.check(qc_h5_type_facts(type.id, &facts), .type)
    let size = Int(clamping: facts.size)
    switch qc_h5_class(UInt32(bitPattern: facts.kind)) {
    case qc_h5_integer where facts.fillsItsBytes:
      append(1)
      append(integer: facts)
    case qc_h5_float where facts.order != qc_h5_other_order:
      append(2)
      append(facts.size)
      append(facts.order == qc_h5_big)
      for number in [
        facts.precision, facts.offset, facts.sign, facts.exponent, facts.exponent_size, facts.bias,
        facts.mantissa, facts.mantissa_size,
      ] {
        append(number)
      }
      append(facts.is_normalized)
    case qc_h5_opaque:
      guard let tag = unsafe Self.text(qc_h5_type_tag(type.id)) else { throw HDF5Failure(.type) }
      append(3)
      append(facts.size)
      append(tag)
    case qc_h5_enumeration: return try append(enumeration: type, facts)
    case qc_h5_string where facts.is_variable:
      append(6)
      append(facts.is_utf8)
      return .texts
    case qc_h5_string:
      append(5)
      append(facts.size)
      append(Int(facts.padding))
      append(facts.is_utf8)
    case qc_h5_array where depth < Self.typeDepthLimit:
      append(7)
      append(Int(facts.rank))
      for extent in [UInt64](firstOf: facts.extents, count: facts.rank) { append(extent) }
      let base = try HDF5Handle(qc_h5_base_type(type.id), .type)
      guard case .fixed = try append(base, depth: depth + 1) else { return .elsewhere }
    default: return append(other: facts)
    }
    return .fixed(size)
  }

  private mutating func append(
    enumeration type: borrowing HDF5Handle, _ facts: qc_h5_type
  ) throws(HDF5Failure) -> HDF5Values {
    let base = try HDF5Handle(qc_h5_base_type(type.id), .type)
    var integer = qc_h5_type()
    unsafe try HDF5Failure.check(qc_h5_type_facts(base.id, &integer), .type)
    let count = Int(qc_h5_member_count(type.id))
    guard integer.kind == Int32(bitPattern: qc_h5_integer.rawValue), integer.fillsItsBytes,
      1...8 ~= integer.size, 0...Self.memberLimit ~= count
    else { return append(other: facts) }
    append(4)
    append(integer: integer)
    append(count)
    for index in 0..<UInt32(count) {
      guard let name = unsafe Self.text(qc_h5_member_name(type.id, index)) else {
        throw HDF5Failure(.type)
      }
      var value = [UInt8](repeating: 0, count: 8)
      unsafe try HDF5Failure.check(qc_h5_member_value(type.id, index, &value), .type)
      append(name)
      append(Array(value.prefix(Int(integer.size))))
    }
    return .fixed(Int(clamping: facts.size))
  }

  private mutating func append(integer facts: qc_h5_type) {
    append(facts.size)
    append(facts.is_signed)
    append(facts.order == qc_h5_big)
  }

  private mutating func append(other facts: qc_h5_type) -> HDF5Values {
    append(0)
    append(Int(facts.kind))
    append(facts.size)
    return .elsewhere
  }

  /// The bytes of a text of the library's, which is freed.
  private static func text(_ text: UnsafeMutablePointer<CChar>?) -> [UInt8]? {
    guard let text = unsafe text else { return nil }
    defer { unsafe qc_h5_free(text) }
    return unsafe Array(bytesOf: text)
  }
}

extension qc_h5_type {
  /// Whether a whole number has no padding and an order that is understood.
  fileprivate var fillsItsBytes: Bool {
    order != qc_h5_other_order && offset == 0 && precision == size.multipliedFullWidth(by: 8).low
  }
}
