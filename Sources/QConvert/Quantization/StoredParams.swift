/// Parameters as they are stored in files: read, and encoded.
final class StoredParams {
  let scratch = QParamsScratch()
  private let reader = TensorReader()
  private let bytes = Scratch<UInt8>()

  /// Reads the stored parameters of groups; where a tensor has no zero point or minval, they are 0.
  func read(
    _ groups: Range<Int>, _ dequantization: TensorDequantization
  ) throws -> GroupQParams {
    let params = scratch.reserve(groups)
    unsafe params.zero.update(repeating: 0)
    unsafe params.minval.update(repeating: 0)
    try read(groups, dequantization.scale) { index, value in
      unsafe params.scale[index] = Float(value)
    }
    if let minval = dequantization.minval {
      try read(groups, minval) { index, value in unsafe params.minval[index] = Float(value) }
    }
    if let zeroPoint = dequantization.zeroPoint {
      try read(groups, zeroPoint) { index, value in unsafe params.zero[index] = Int32(value) }
    }
    return params
  }

  private func read(
    _ groups: Range<Int>, _ source: StoredTensor, _ body: (_ index: Int, _ value: Double) -> Void
  ) throws {
    let dtype = source.descriptor.dtype
    let range = groups.scaled(by: dtype.bitWidth / 8)
    let buffer = unsafe UnsafeMutableRawBufferPointer(bytes.reserve(range.count))
    try unsafe reader.read(range, of: source, into: buffer)
    for i in 0..<groups.count { unsafe body(i, Self.decode(buffer, i, as: dtype)) }
  }

  private static func decode(
    _ bytes: UnsafeMutableRawBufferPointer, _ index: Int, as dtype: DType
  ) -> Double {
    func load<T: BitwiseCopyable>(_ type: T.Type) -> T {
      unsafe bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
    }
    return switch dtype {
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

  /// Encodes scales or minvals; e8m0 takes the exponent of a power of two.
  static func encode(
    _ values: UnsafeMutableBufferPointer<Float>, as dtype: DType,
    into out: UnsafeMutableRawBufferPointer
  ) {
    for i in values.indices {
      let value = unsafe values[i]
      switch dtype {
      case .float64: unsafe out.storeBytes(of: Double(value), toByteOffset: 8 * i, as: Double.self)
      case .float16, .bfloat16:
        let half: HalfFloat = dtype == .float16 ? .float16 : .bfloat16
        unsafe out.storeBytes(of: half.bits(value), toByteOffset: 2 * i, as: UInt16.self)
      case .float8E8M0:
        let exponent = UInt8(value.bitPattern >> 23 & 0xff)
        unsafe out.storeBytes(of: exponent, toByteOffset: i, as: UInt8.self)
      default: unsafe out.storeBytes(of: value, toByteOffset: 4 * i, as: Float.self)
      }
    }
  }

  /// Encodes zero points.
  static func encode(
    _ values: UnsafeMutableBufferPointer<Int32>, as dtype: DType,
    into out: UnsafeMutableRawBufferPointer
  ) {
    for i in values.indices {
      let value = unsafe values[i]
      switch dtype {
      case .int8, .uint8:
        unsafe out.storeBytes(
          of: UInt8(truncatingIfNeeded: value), toByteOffset: i, as: UInt8.self)
      default: unsafe out.storeBytes(of: value, toByteOffset: 4 * i, as: Int32.self)
      }
    }
  }
}
