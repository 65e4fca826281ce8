extension HDF5MessageReader {
  /// The largest element, which no real one comes near.
  private static let elementLimit = 1 << 31

  /// A type that does not contradict itself.
  mutating func type(of object: TensorName, depth: Int = 0) throws(HDF5Error) -> HDF5Type {
    switch try size(upTo: 7) {
    case 0:
      let kind = try number()
      return .other(kind: Self.kind(kind), size: Int(clamping: try number()))
    case 1: return .integer(try integer(of: object))
    case 2: return .float(try float(of: object))
    case 3:
      let size = try elementSize(of: object)
      return .opaque(size: size, tag: try escapedName().string)
    case 4: return try enumeration(of: object)
    case 5:
      let size = try elementSize(of: object)
      let paddings: [HDF5StringPadding] = [.nullTerminated, .nullPadded, .spacePadded]
      let padding = try number()
      guard padding < 3 else { throw .malformedType(object) }
      return .string(size: size, padding: paddings[Int(padding)], isUTF8: try flag())
    case 6: return .variableString(isUTF8: try flag())
    default:
      guard depth < HDF5Message.typeDepthLimit else { throw malformed }
      let shape = try extents(try numbers(), of: object)
      let type = try type(of: object, depth: depth + 1)
      guard let base = type.byteCount else { return .other(kind: "array", size: 0) }
      // No product overflows; an array without elements would be an element without bytes.
      let count = try HDF5Index.elementCount(shape, of: object)
      let (size, overflow) = count.multipliedReportingOverflow(by: base)
      guard !overflow, 1...Self.elementLimit ~= size else { throw .malformedType(object) }
      return .array(type, shape: shape)
    }
  }

  private mutating func elementSize(of object: TensorName) throws(HDF5Error) -> Int {
    guard let size = Int(exactly: try number()), 1...Self.elementLimit ~= size else {
      throw .malformedType(object)
    }
    return size
  }

  private mutating func order() throws(HDF5Error) -> HDF5ByteOrder { try flag() ? .big : .little }

  private mutating func integer(of object: TensorName) throws(HDF5Error) -> HDF5Integer {
    let size = try elementSize(of: object)
    return HDF5Integer(size: size, isSigned: try flag(), order: try order())
  }

  private mutating func float(of object: TensorName) throws(HDF5Error) -> HDF5Float {
    let size = try elementSize(of: object)
    let order = try order()
    var numbers: [Int] = []
    for _ in 0..<8 {
      guard let number = Int(exactly: try number()), number <= Int(Int32.max) else {
        throw .malformedType(object)
      }
      numbers.append(number)
    }
    let float = HDF5Float(
      size: size, order: order, precision: numbers[0], offset: numbers[1],
      signPosition: numbers[2], exponentPosition: numbers[3], exponentSize: numbers[4],
      exponentBias: numbers[5], mantissaPosition: numbers[6], mantissaSize: numbers[7],
      isNormalized: try flag())
    guard float.fieldsFit else { throw .malformedType(object) }
    return float
  }

  private mutating func enumeration(of object: TensorName) throws(HDF5Error) -> HDF5Type {
    let integer = try integer(of: object)
    guard integer.size <= 8 else { throw malformed }
    var members: [HDF5Member] = []
    for _ in 0..<(try count(elementSize: 16)) {
      let name = try escapedName().string
      let bytes = try text()
      guard bytes.count == integer.size else { throw malformed }
      members.append(HDF5Member(name: name, value: integer.value(of: bytes)))
    }
    return .enumeration(integer, members: members)
  }

  /// The lengths of axes that no file is too small for.
  private func extents(_ numbers: [UInt64], of object: TensorName) throws(HDF5Error) -> [Int] {
    guard numbers.count <= HDF5Index.rankLimit else {
      throw .rankTooHigh(object, numbers.count)
    }
    var shape: [Int] = []
    for number in numbers {
      guard number < HDF5Index.extentLimit else { throw .extentTooLarge(object, number) }
      shape.append(Int(number))
    }
    return shape
  }

  /// A shape; nil where there is no element at all.
  mutating func shape(of object: TensorName) throws(HDF5Error) -> [Int]? {
    try space(of: object)?.shape
  }

  /// A shape and how far every axis may be extended, nil meaning without a limit; nil where there is no
  /// element at all.
  mutating func space(
    of object: TensorName
  ) throws(HDF5Error) -> (shape: [Int], limits: [Int?])? {
    switch try size(upTo: 2) {
    case 0: return nil
    case 1: return ([], [])
    default:
      var numbers: [UInt64] = []
      var limits: [Int?] = []
      for _ in 0..<(try count(elementSize: 16)) {
        let (extent, maximum) = (try number(), try number())
        guard extent <= maximum else {
          throw .extentOverMaximum(object, extent, maximum: maximum)
        }
        numbers.append(extent)
        limits.append(Int(exactly: maximum))
      }
      return (try extents(numbers, of: object), limits)
    }
  }

  mutating func value() throws(HDF5Error) -> HDF5Attribute.Value {
    switch try size(upTo: 2) {
    case 0: return .unread
    case 1: return .bytes(try text())
    default:
      var texts: [[UInt8]] = []
      for _ in 0..<(try count(elementSize: 8)) { texts.append(try text()) }
      return .texts(texts)
    }
  }

  /// What a class of types is called.
  private static func kind(_ number: UInt64) -> String {
    let names = [
      "integer with padding", "float of unknown order", "time", "text", "bit field", "opaque",
      "compound", "reference", "enumeration", "sequence", "array", "complex number",
    ]
    return number < UInt64(names.count) ? names[Int(number)] : "unknown"
  }
}

extension HDF5Float {
  /// Whether the fields are within the precision, the precision within the element, none over another.
  fileprivate var fieldsFit: Bool {
    let exponent = exponentPosition..<exponentPosition + exponentSize
    let mantissa = mantissaPosition..<mantissaPosition + mantissaSize
    let sign = signPosition..<signPosition + 1
    let significant = offset..<offset + precision
    return precision > 0 && significant.upperBound <= 8 * size && exponentSize > 0
      && mantissaSize > 0 && !sign.overlaps(exponent) && !sign.overlaps(mantissa)
      && !exponent.overlaps(mantissa)
      && [sign, exponent, mantissa].allSatisfy {
        significant.lowerBound <= $0.lowerBound && $0.upperBound <= significant.upperBound
      }
  }
}

extension HDF5Integer {
  /// The value of at most 8 bytes.
  fileprivate func value(of bytes: [UInt8]) -> Int {
    let ordered = order == .big ? bytes : bytes.reversed()
    let start: UInt64 = isSigned && ordered.first ?? 0 >= 0x80 ? .max : 0
    return Int(truncatingIfNeeded: ordered.reduce(start) { $0 << 8 | UInt64($1) })
  }
}
