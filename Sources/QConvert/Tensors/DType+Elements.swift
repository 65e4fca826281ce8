/// Elements of the types that parameters have: floats of any precision, e8m0 and small integers.
extension DType {
  /// An element of a buffer, exactly.
  func value(at index: Int, in bytes: UnsafeRawBufferPointer) -> Double {
    func load<T: BitwiseCopyable>(_ type: T.Type) -> T {
      unsafe bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
    }
    return switch self {
    case .float64: load(Double.self)
    case .float16: Double(HalfFloat.float16.value(load(UInt16.self)))
    case .bfloat16: Double(HalfFloat.bfloat16.value(load(UInt16.self)))
    case .float8E8M0: Double(sign: .plus, exponent: Int(load(UInt8.self)) - 127, significand: 1)
    case .int32: Double(load(Int32.self))
    case .int8: Double(load(Int8.self))
    case .uint8: Double(load(UInt8.self))
    default: Double(load(Float.self))
    }
  }

  /// Puts an element into a buffer, rounded to the type; e8m0 takes the exponent of a power of two.
  func store(_ value: Double, at index: Int, in bytes: UnsafeMutableRawBufferPointer) {
    func store<T: BitwiseCopyable>(_ element: T) {
      unsafe bytes.storeBytes(
        of: element, toByteOffset: index * MemoryLayout<T>.size, as: T.self)
    }
    switch self {
    case .float64: store(value)
    case .float16: store(HalfFloat.float16.bits(Float(value)))
    case .bfloat16: store(HalfFloat.bfloat16.bits(Float(value)))
    case .float8E8M0: store(UInt8(Float(value).bitPattern >> 23 & 0xff))
    case .int8, .uint8: store(UInt8(truncatingIfNeeded: Int32(value)))
    case .int32: store(Int32(value))
    default: store(Float(value))
    }
  }
}
