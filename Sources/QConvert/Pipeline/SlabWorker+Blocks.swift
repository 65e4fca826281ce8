import CKernels

extension SlabWorker {
  /// The blocks of codes and the parameters of their groups.
  ///
  /// - Throws: ``QuantizationError/parameterOverflow(_:index:_:)`` where a block cannot hold a parameter.
  func blocks(
    of type: GGMLType, _ codes: UnsafeMutableBufferPointer<UInt8>, _ params: GroupQParams,
    _ tensor: TensorName
  ) throws(QuantizationError) -> UnsafeRawBufferPointer {
    guard let block = type.kernelBlock else { preconditionFailure("no blocks of \(type) are made") }
    if let limit = type.parameters.overflowLimit {
      let index = (0..<params.count).first { index in
        unsafe max(abs(params.scale[index]), type.hasMinval ? abs(params.minval[index]) : 0)
          >= limit
      }
      if let index {
        let group = params.first + index
        throw .parameterOverflow(tensor, index: group * type.blockLength, .float16)
      }
    }
    let out = unsafe output.reserve(params.count * type.blockByteCount)
    unsafe quantizer.kernels.functions.gguf_blocks(
      block, codes.baseAddress, params.scale.baseAddress, params.minval.baseAddress, params.count,
      out.baseAddress)
    return UnsafeRawBufferPointer(out)
  }

  /// The codes of stored blocks, and the parameters of these groups.
  func read(
    _ groups: Range<Int>, of type: GGMLType, _ dequantization: TensorDequantization
  ) throws -> (codes: UnsafeMutableBufferPointer<UInt8>, params: GroupQParams) {
    guard let block = type.kernelBlock else { preconditionFailure("no blocks of \(type) are read") }
    let bytes = try unsafe readStored(
      groups.scaled(by: type.blockByteCount), of: dequantization.data)
    let params = stored.scratch.reserve(groups)
    let codes = unsafe unpacked.reserve(groups.count * type.blockLength)
    unsafe params.zero.update(
      repeating: type.hasMinval ? 0 : dequantization.spec.symmetricZeroPoint)
    unsafe params.minval.update(repeating: 0)
    unsafe quantizer.kernels.functions.gguf_unblocks(
      block, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, params.count,
      codes.baseAddress, params.scale.baseAddress, params.minval.baseAddress)
    return unsafe (codes, params)
  }
}

extension GGMLType {
  /// The type in which blocks hold scales and minvals.
  var parameters: FloatPrecision { self == .mxfp4 ? .float32 : .float16 }

  /// The kernels' name of the blocks; nil for those that they do not know.
  fileprivate var kernelBlock: qc_block? {
    switch self {
    case .q40: QC_BLOCK_Q4_0
    case .q41: QC_BLOCK_Q4_1
    case .q50: QC_BLOCK_Q5_0
    case .q51: QC_BLOCK_Q5_1
    case .q80: QC_BLOCK_Q8_0
    case .mxfp4: QC_BLOCK_MXFP4
    default: nil
    }
  }
}
