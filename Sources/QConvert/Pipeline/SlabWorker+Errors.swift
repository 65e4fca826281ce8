import CKernels

extension SlabWorker {
  /// Rounds parameters to the types in which entries hold them: what values are computed with when they are read.
  func round(_ params: GroupQParams, asStoredIn entries: [PlannedEntry]) {
    for entry in entries {
      if entry.entry.content == .blocks, entry.entry.blockType?.parameters == .float16 {
        unsafe quantizer.round(params.scale, to: .float16)
        unsafe quantizer.round(params.minval, to: .float16)
      }
      guard let precision = FloatPrecision(entry.entry.dtype), precision.byteCount == 2 else {
        continue
      }
      switch entry.entry.content {
      case .scale: unsafe quantizer.round(params.scale, to: precision)
      case .minval: unsafe quantizer.round(params.minval, to: precision)
      default: continue
      }
    }
  }

  /// What the values of codes differ from the elements they were made of.
  func errors(
    of elements: Range<Int>, _ codes: UnsafeMutableBufferPointer<UInt8>, _ params: GroupQParams,
    input: UnsafeRawBufferPointer, _ quantization: TensorQuantization
  ) -> ErrorSums {
    var total = ErrorSums()
    total.count = elements.count
    if let low = unsafe params.scale.min(), let high = unsafe params.scale.max() {
      total.observe(scales: low...high)
    }
    let (input, width) = unsafe quantizer.kernelInput(
      elements.count, input, quantization.precision)
    let (lowest, highest) = quantization.endCodes
    // Parts whose values stay in the fastest memory.
    for part in elements.chunks(of: 1 << 14) {
      let start = part.lowerBound - elements.lowerBound
      let partCodes = unsafe UnsafeMutableBufferPointer(
        rebasing: codes[start..<start + part.count])
      let values = unsafe quantizer.values(
        ofCodes: partCodes, code: quantization.code, of: part, params: params,
        quantization.decoding, in: .float32
      ).assumingMemoryBound(to: Float.self)
      let originals = unsafe input.baseAddress.unsafelyUnwrapped + start * width
      unsafe quantizer.kernels.functions.errors(
        quantization.precision.kernelType, originals, values.baseAddress, partCodes.baseAddress,
        part.count, lowest, highest, &total.sums)
      for index in ValueSample.indices(
        in: part, of: quantization.geometry.elementCount)
      {
        let offset = index - part.lowerBound
        var original: Float = 0
        unsafe quantizer.kernels.functions.widen(
          quantization.precision.kernelType, originals + offset * width, 1, &original)
        unsafe total.sample.add(original, values[offset])
      }
    }
    return total
  }
}

extension SlabQuantizer {
  /// Rounds numbers in their place.
  fileprivate func round(
    _ values: UnsafeMutableBufferPointer<Float>, to precision: FloatPrecision
  ) {
    let rounded = unsafe floatScratch.reserve(2 * values.count).baseAddress
    unsafe kernels.functions.narrow(
      precision.kernelType, values.baseAddress, values.count, rounded)
    unsafe kernels.functions.widen(
      precision.kernelType, rounded, values.count, values.baseAddress)
  }
}

extension TensorQuantization {
  /// The codes of the smallest and the largest quantized value.
  fileprivate var endCodes: (lowest: UInt8, highest: UInt8) {
    switch spec.dtype {
    case .float8E4M3: return (0xfe, 0x7e)
    case .float8E5M2: return (0xfb, 0x7b)
    // The code of 6, or the byte that holds a 6 as float8_e4m3.
    case .float4E2M1: return packing == nil ? (0xcc, 0x4c) : (0xf, 0x7)
    default:
      let (low, high) = spec.limits
      return (UInt8(truncatingIfNeeded: Int(low)), UInt8(truncatingIfNeeded: Int(high)))
    }
  }
}
