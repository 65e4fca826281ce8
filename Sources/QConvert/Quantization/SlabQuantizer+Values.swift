import CKernels

extension SlabQuantizer {
  /// The value of every code, rounded to a precision.
  func values(
    ofCodes codes: UnsafeMutableBufferPointer<UInt8>, code: qc_code, of elements: Range<Int>,
    params: GroupQParams, _ decoding: Decoding, in precision: FloatPrecision
  ) -> UnsafeRawBufferPointer {
    let width = precision == .float64 ? 4 : precision.byteCount
    let out = unsafe floatScratch.reserve(elements.count * precision.byteCount)
    unsafe forEachAffine(in: elements, params: params, decoding) {
      start, count, length, affine in
      let q = unsafe codes.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound)
      let x = unsafe out.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound) * width
      let type = precision.kernelType
      if let length {
        unsafe kernels.functions.dequantize_runs(code, type, q, count, length, &affine, x)
      } else {
        unsafe kernels.functions.dequantize_lanes(code, type, q, count, &affine, x)
      }
    }
    let bytes = UnsafeMutableRawBufferPointer(out)
    if precision == .float64 {
      // Widened in place from the end, where no float32 is overwritten before it is read.
      for i in (0..<elements.count).reversed() {
        let value = unsafe bytes.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
        unsafe bytes.storeBytes(of: Double(value), toByteOffset: 8 * i, as: Double.self)
      }
    }
    return UnsafeRawBufferPointer(bytes)
  }
}
