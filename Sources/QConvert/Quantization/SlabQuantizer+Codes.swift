import CKernels

extension SlabQuantizer {
  /// The code of every element, a byte each. `params` covers all groups that the elements touch.
  func codes(
    of elements: Range<Int>, input: UnsafeRawBufferPointer, params: GroupQParams,
    _ quantization: TensorQuantization
  ) -> UnsafeMutableBufferPointer<UInt8> {
    let codes = unsafe codeScratch.reserve(elements.count)
    let code = quantization.code
    if quantization.dividesInDouble {
      unsafe divideInDouble(elements, input: input, params: params, quantization, into: codes)
      return unsafe codes
    }
    let type = quantization.precision.kernelType
    let (input, width) = unsafe kernelInput(elements.count, input, quantization.precision)
    unsafe forEachAffine(
      in: elements, params: params, quantization.decoding
    ) {
      start, count, length, affine in
      let x = unsafe input.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound) * width
      let out = unsafe codes.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound)
      if let length {
        unsafe kernels.functions.quantize_runs(type, code, x, count, length, &affine, out)
      } else {
        unsafe kernels.functions.quantize_lanes(type, code, x, count, &affine, out)
      }
    }
    return unsafe codes
  }

  /// The codes of float64 elements under a layout that has float64 scales: torch then divides the
  /// float32 value by the scale in float64. Rare, so plain.
  private func divideInDouble(
    _ elements: Range<Int>, input: UnsafeRawBufferPointer, params: GroupQParams,
    _ quantization: TensorQuantization, into codes: UnsafeMutableBufferPointer<UInt8>
  ) {
    let spec = quantization.spec
    let (low, high) = spec.limits
    let hasMinval = spec.formulation == .minval
    let quotients = unsafe narrowed.reserve(elements.count)
    quantization.geometry.forEachRunSegment(in: elements) { segment in
      guard case .runs(let start, let count, let length, let group) = segment else { return }
      for offset in 0..<count * length {
        let index = start - elements.lowerBound + offset
        let run = group - params.first + offset / length
        let value = unsafe Float(input.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
        let shifted = unsafe hasMinval ? value - params.minval[run] : value
        let quotient = unsafe Double(shifted) / Double(params.scale[run])
        if spec.dtype.isInteger {
          let zero = unsafe hasMinval ? low : Double(params.zero[run])
          let code = min(max(quotient.rounded(.toNearestOrEven) + zero, low), high)
          unsafe codes[index] = UInt8(truncatingIfNeeded: Int(code))
        } else {
          unsafe quotients[index] = Float(quotient)
        }
      }
    }
    guard !spec.dtype.isInteger else { return }
    var one: Float = 1
    unsafe withUnsafePointer(to: &one) { one in
      var affine = unsafe qc_affine(
        scale: one, minval: nil, zero: nil, quant_min: 0, quant_max: 0,
        arithmetic: QC_DIVIDE, global: 0, product: QC_F32)
      unsafe kernels.functions.quantize_runs(
        QC_F32, quantization.code, quotients.baseAddress, 1, elements.count, &affine,
        codes.baseAddress)
    }
  }

  /// The elements in a type that kernels take, and its width: float64 is narrowed to float32, in which
  /// the reference quantizes.
  func kernelInput(
    _ count: Int, _ input: UnsafeRawBufferPointer, _ precision: FloatPrecision
  ) -> (UnsafeRawBufferPointer, width: Int) {
    guard precision == .float64 else { return unsafe (input, precision.byteCount) }
    let narrowed = unsafe self.narrowed.reserve(count)
    for i in 0..<count {
      unsafe narrowed[i] = Float(input.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
    }
    return (UnsafeRawBufferPointer(narrowed), 4)
  }
}
