import CKernels

extension SlabWorker {
  /// Copies float elements in another type.
  ///
  /// - Throws: ``QuantizationError/castOverflow(_:index:value:_:)`` for a finite value that would become
  ///   infinite.
  func cast(
    _ elements: Range<Int>, of source: StoredTensor, to precision: FloatPrecision,
    _ entries: [PlannedEntry], _ sink: any EntrySink
  ) throws {
    guard let own = FloatPrecision(source.descriptor.dtype) else {
      preconditionFailure("only float tensors are cast")
    }
    let count = elements.count
    let slab = try unsafe read(elements.scaled(by: own.byteCount), of: source)
    let (input, _) = unsafe quantizer.kernelInput(count, slab, own)
    let floats = unsafe quantizer.widened32(count, input, own)
    if let limit = precision.overflowLimit {
      try unsafe check(floats, limit, precision, source.descriptor.name, from: elements.lowerBound)
    }
    var bytes = UnsafeRawBufferPointer(floats)
    if precision.byteCount == 2 {
      let out = unsafe quantizer.codeScratch.reserve(2 * count)
      unsafe quantizer.kernels.functions.narrow(
        precision.kernelType, floats.baseAddress, count, out.baseAddress)
      unsafe bytes = UnsafeRawBufferPointer(out)
    }
    for entry in entries {
      try unsafe sink.put(bytes, entry, at: elements.lowerBound * precision.byteCount)
    }
  }

  /// Demands that no finite value is as large as this, beyond the largest of a type.
  private func check(
    _ values: UnsafeBufferPointer<Float>, _ limit: Float, _ precision: FloatPrecision,
    _ name: TensorName, from start: Int
  ) throws(QuantizationError) {
    var low = Float.infinity
    var high = -Float.infinity
    let isFinite = unsafe quantizer.kernels.functions.range_runs(
      QC_F32, values.baseAddress, 1, values.count, &low, &high)
    guard !isFinite || max(-low, high) >= limit else { return }
    let index = unsafe values.firstIndex { $0.isFinite && $0.magnitude >= limit }
    guard let index else { return }
    throw .castOverflow(
      name, index: start + index, value: unsafe Double(values[index]), precision.dtype)
  }
}

extension FloatPrecision {
  /// The least float32 that is rounded to infinity; nil where none is.
  var overflowLimit: Float? {
    switch self {
    case .float16: 65520
    case .bfloat16: 0x1.ffp127
    case .float32, .float64: nil
    }
  }
}

extension SlabQuantizer {
  /// Elements that kernels take, as float32.
  fileprivate func widened32(
    _ count: Int, _ input: UnsafeRawBufferPointer, _ precision: FloatPrecision
  ) -> UnsafeBufferPointer<Float> {
    if precision.kernelType == QC_F32 {
      return unsafe UnsafeBufferPointer(
        start: input.assumingMemoryBound(to: Float.self).baseAddress, count: count)
    }
    let floats = unsafe narrowed.reserve(count)
    unsafe kernels.functions.widen(
      precision.kernelType, input.baseAddress, count, floats.baseAddress)
    return UnsafeBufferPointer(floats)
  }
}
