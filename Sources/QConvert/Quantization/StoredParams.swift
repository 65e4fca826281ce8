import CKernels

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
    for i in 0..<groups.count {
      unsafe body(i, dtype.value(at: i, in: UnsafeRawBufferPointer(buffer)))
    }
  }

  /// Encodes scales or minvals; e8m0 takes the exponent of a power of two.
  static func encode(
    _ values: UnsafeMutableBufferPointer<Float>, as dtype: DType, _ kernels: Kernels,
    into out: UnsafeMutableRawBufferPointer
  ) {
    if let precision = FloatPrecision(dtype), precision != .float64 {
      unsafe kernels.functions.narrow(
        precision.kernelType, values.baseAddress, values.count, out.baseAddress)
      return
    }
    let bytes = unsafe out.assumingMemoryBound(to: UInt8.self).baseAddress
    switch dtype {
    case .float8E8M0:
      unsafe kernels.functions.narrow_e8m0(values.baseAddress, values.count, bytes)
    case .float8E4M3:
      unsafe kernels.functions.narrow_e4m3(values.baseAddress, values.count, bytes)
    default: for i in values.indices { unsafe dtype.store(Double(values[i]), at: i, in: out) }
    }
  }

  /// Encodes zero points.
  static func encode(
    _ values: UnsafeMutableBufferPointer<Int32>, as dtype: DType,
    into out: UnsafeMutableRawBufferPointer
  ) {
    switch dtype {
    case .int32: unsafe out.copyMemory(from: UnsafeRawBufferPointer(values))
    case .int8, .uint8:
      for i in values.indices { unsafe out[i] = UInt8(truncatingIfNeeded: values[i]) }
    default:
      for i in values.indices { unsafe dtype.store(Double(values[i]), at: i, in: out) }
    }
  }
}
