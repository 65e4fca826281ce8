import CKernels

/// Parameters as they are stored in files: read, and encoded.
final class StoredParams {
  let scratch = QParamsScratch()
  private let reader = TensorReader()
  private let bytes = Scratch<UInt8>()

  /// Reads the stored parameters of groups; where a tensor has no zero point or minval, they are 0.
  func read(
    _ groups: Range<Int>, _ dequantization: TensorDequantization, _ kernels: Kernels
  ) throws -> GroupQParams {
    let params = scratch.reserve(groups)
    if let scale = dequantization.scale {
      let element = dequantization.spec.scaleDType.element(storedAs: scale.descriptor.dtype)
      unsafe Self.decode(try bytes(groups, of: scale), as: element, kernels, into: params.scale)
    }
    if let minval = dequantization.minval {
      unsafe Self.decode(
        try bytes(groups, of: minval), as: minval.descriptor.dtype, kernels, into: params.minval)
    } else {
      unsafe params.minval.update(repeating: 0)
    }
    if let zeroPoint = dequantization.zeroPoint, let packing = dequantization.zeroPointPacking {
      let columns = dequantization.geometry.grid.dropFirst().reduce(1, *)
      let words = unsafe try bytes(packing.words(of: groups, columns: columns), of: zeroPoint)
      unsafe packing.unpack(
        words.assumingMemoryBound(to: UInt32.self), of: groups, columns: columns,
        into: params.zero)
    } else if let zeroPoint = dequantization.zeroPoint {
      unsafe Self.decode(
        try bytes(groups, of: zeroPoint), as: zeroPoint.descriptor.dtype, kernels,
        into: params.zero)
    } else {
      unsafe params.zero.update(repeating: 0)
    }
    return params
  }

  private func bytes(
    _ groups: Range<Int>, of source: StoredTensor
  ) throws -> UnsafeRawBufferPointer {
    let range = groups.scaled(by: source.descriptor.dtype.bitWidth / 8)
    let buffer = unsafe UnsafeMutableRawBufferPointer(bytes.reserve(range.count))
    try unsafe reader.read(range, of: source, into: buffer)
    return UnsafeRawBufferPointer(buffer)
  }

  /// Decodes scales or minvals.
  private static func decode(
    _ bytes: UnsafeRawBufferPointer, as dtype: DType, _ kernels: Kernels,
    into values: UnsafeMutableBufferPointer<Float>
  ) {
    if let precision = FloatPrecision(dtype), precision != .float64 {
      unsafe kernels.functions.widen(
        precision.kernelType, bytes.baseAddress, values.count, values.baseAddress)
      return
    }
    let codes = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    switch dtype {
    case .float8E8M0: unsafe kernels.functions.widen_e8m0(codes, values.count, values.baseAddress)
    case .float8E4M3: unsafe kernels.functions.widen_e4m3(codes, values.count, values.baseAddress)
    default:
      for i in values.indices { unsafe values[i] = Float(dtype.value(at: i, in: bytes)) }
    }
  }

  /// Decodes zero points.
  private static func decode(
    _ bytes: UnsafeRawBufferPointer, as dtype: DType, _ kernels: Kernels,
    into values: UnsafeMutableBufferPointer<Int32>
  ) {
    switch dtype {
    case .int32: unsafe UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
    case .int8:
      let codes = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      unsafe kernels.functions.widen_i8(codes, values.count, values.baseAddress)
    default:
      for i in values.indices { unsafe values[i] = Int32(dtype.value(at: i, in: bytes)) }
    }
  }

  /// Encodes scales or minvals; e8m0 takes the exponent of a power of two, e4m3 what is within its range.
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
    _ values: UnsafeMutableBufferPointer<Int32>, as dtype: DType, _ kernels: Kernels,
    into out: UnsafeMutableRawBufferPointer
  ) {
    switch dtype {
    case .int32: unsafe out.copyMemory(from: UnsafeRawBufferPointer(values))
    case .int8, .uint8:
      let bytes = unsafe out.assumingMemoryBound(to: UInt8.self).baseAddress
      unsafe kernels.functions.narrow_i8(values.baseAddress, values.count, bytes)
    default:
      for i in values.indices { unsafe dtype.store(Double(values[i]), at: i, in: out) }
    }
  }
}
