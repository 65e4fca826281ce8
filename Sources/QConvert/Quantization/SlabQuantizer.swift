import CKernels

/// Quantizes stretches of tensors with one worker's memory.
///
/// The elements of a stretch are in `input`; the results are buffers that stay valid until the next
/// call that fills them.
final class SlabQuantizer {
  let kernels: Kernels
  private let narrowed = Scratch<Float>()
  private let widened = Scratch<Double>()
  private let rangeMin = Scratch<Float>()
  private let rangeMax = Scratch<Float>()
  private let laneScratch = QParamsScratch()
  private let groupScratch = QParamsScratch()
  private let codeScratch = Scratch<UInt8>()
  private let floatScratch = Scratch<UInt8>()

  init(kernels: Kernels = .best) {
    self.kernels = kernels
  }

  // MARK: Ranges

  /// The ranges of all groups that the elements touch.
  ///
  /// - Throws: ``QuantizationError/nonFinite(_:index:value:)`` at the first such element.
  func ranges(
    of elements: Range<Int>, input: UnsafeRawBufferPointer, _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupRanges {
    let groups = quantization.geometry.groups(touchedBy: elements)
    guard quantization.hasVectorRange else {
      let states = unsafe try accumulators(of: groups, in: elements, input: input, quantization)
      return .accumulators(first: groups.lowerBound, states)
    }
    let (min, max) = unsafe try bounds(of: groups, in: elements, input: input, quantization)
    return unsafe .bounds(first: groups.lowerBound, min: Array(min), max: Array(max))
  }

  private func bounds(
    of groups: Range<Int>, in elements: Range<Int>, input: UnsafeRawBufferPointer,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) -> (
    UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>
  ) {
    let min = unsafe rangeMin.fill(groups.count, with: .infinity)
    let max = unsafe rangeMax.fill(groups.count, with: -.infinity)
    let type = quantization.precision.kernelType
    let width = quantization.precision.byteCount
    var isFinite = true
    var lanes: (pattern: LanePattern, count: Int)?
    let laneMin = laneScratch.reserve(0..<BlockGeometry.longestPattern)
    func flushLanes() {
      guard let (pattern, count) = lanes else { return }
      pattern.forEach(count) { lane, group in
        let index = group - groups.lowerBound
        unsafe min[index] = Swift.min(min[index], laneMin.scale[lane])
        unsafe max[index] = Swift.max(max[index], laneMin.minval[lane])
      }
      lanes = nil
    }
    quantization.geometry.forEachSegment(in: elements) { segment in
      switch segment {
      case .runs(let start, let count, let length, let group):
        let x = unsafe input.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound) * width
        let index = group - groups.lowerBound
        let low = unsafe min.baseAddress.unsafelyUnwrapped + index
        let high = unsafe max.baseAddress.unsafelyUnwrapped + index
        isFinite =
          unsafe kernels.functions.range_runs(type, x, count, length, low, high) && isFinite
      case .lanes(let start, let count, let pattern):
        // The pattern's last segment may be shorter; its lanes are a beginning of the others'.
        if lanes?.pattern != pattern || (lanes?.count ?? 0) < count {
          flushLanes()
          lanes = (pattern, count)
          unsafe laneMin.scale.update(repeating: .infinity)
          unsafe laneMin.minval.update(repeating: -.infinity)
        }
        let x = unsafe input.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound) * width
        isFinite =
          unsafe kernels.functions.range_lanes(
            type, x, count, laneMin.scale.baseAddress, laneMin.minval.baseAddress) && isFinite
      }
    }
    flushLanes()
    guard isFinite else {
      throw unsafe firstNonFinite(in: elements, input: input, quantization)
    }
    return unsafe (min, max)
  }

  /// The general way: the values of a group as doubles, in storage order.
  private func accumulators(
    of groups: Range<Int>, in elements: Range<Int>, input: UnsafeRawBufferPointer,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) -> [any RangeAccumulator] {
    var accumulators = groups.map { _ in quantization.rangeCalculator.makeAccumulator() }
    let values = unsafe widen(elements.count, input: input, quantization.precision)
    for index in values.indices where unsafe !values[index].isFinite {
      throw .nonFinite(
        quantization.tensor.name, index: elements.lowerBound + index,
        value: unsafe values[index])
    }
    quantization.geometry.forEachRunSegment(in: elements) { segment in
      guard case .runs(let start, let count, let length, let group) = segment else { return }
      for run in 0..<count {
        let offset = start - elements.lowerBound + run * length
        let span = unsafe values.span.extracting(offset..<offset + length)
        accumulators[group + run - groups.lowerBound].observe(span)
      }
    }
    return accumulators
  }

  private func firstNonFinite(
    in elements: Range<Int>, input: UnsafeRawBufferPointer, _ quantization: TensorQuantization
  ) -> QuantizationError {
    let values = unsafe widen(elements.count, input: input, quantization.precision)
    let index = unsafe values.firstIndex { !$0.isFinite } ?? 0
    return .nonFinite(
      quantization.tensor.name, index: elements.lowerBound + index, value: unsafe values[index])
  }

  func widen(
    _ count: Int, input: UnsafeRawBufferPointer, _ precision: FloatPrecision
  ) -> UnsafeMutableBufferPointer<Double> {
    let values = unsafe widened.reserve(count)
    for i in 0..<count {
      unsafe values[i] =
        switch precision {
        case .float64: unsafe input.loadUnaligned(fromByteOffset: 8 * i, as: Double.self)
        case .float32: unsafe Double(input.loadUnaligned(fromByteOffset: 4 * i, as: Float.self))
        case .float16:
          unsafe Double(
            HalfFloat.float16.value(input.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
        case .bfloat16:
          unsafe Double(
            HalfFloat.bfloat16.value(input.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
        }
    }
    return unsafe values
  }

  // MARK: Quantization parameters

  /// The parameters of all groups in a stretch of whole groups.
  func qparams(
    of elements: Range<Int>, input: UnsafeRawBufferPointer, _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    guard quantization.hasVectorRange else {
      return try qparams(of: unsafe ranges(of: elements, input: input, quantization), quantization)
    }
    let groups = quantization.geometry.groups(ofUnits: elements)
    let (min, max) = unsafe try bounds(of: groups, in: elements, input: input, quantization)
    return unsafe try qparams(first: groups.lowerBound, min: min, max: max, quantization)
  }

  /// The parameters that follow from finished ranges.
  func qparams(
    of ranges: GroupRanges, _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    switch ranges {
    case .bounds(let first, let min, let max):
      let low = unsafe rangeMin.reserve(min.count)
      let high = unsafe rangeMax.reserve(max.count)
      _ = unsafe low.update(fromContentsOf: min)
      _ = unsafe high.update(fromContentsOf: max)
      return unsafe try qparams(first: first, min: low, max: high, quantization)
    case .accumulators(let first, let accumulators):
      let params = groupScratch.reserve(first..<first + accumulators.count)
      for (i, accumulator) in accumulators.enumerated() {
        try set(i, of: params, from: accumulator.range, quantization)
      }
      round(params, quantization)
      return params
    }
  }

  private func qparams(
    first: Int, min: UnsafeMutableBufferPointer<Float>, max: UnsafeMutableBufferPointer<Float>,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    let params = groupScratch.reserve(first..<first + min.count)
    if quantization.hasVectorQParams {
      var rule = quantization.rule
      let isFinite = unsafe kernels.functions.qparams(
        &rule, min.count, min.baseAddress, max.baseAddress, params.scale.baseAddress,
        params.zero.baseAddress, params.minval.baseAddress)
      guard isFinite else {
        let index = unsafe params.scale.firstIndex { !$0.isFinite } ?? 0
        throw overflow(group: first + index, quantization)
      }
    } else {
      for i in min.indices {
        let range = unsafe ValueRange(min: Double(min[i]), max: Double(max[i]))
        try set(i, of: params, from: range, quantization)
      }
    }
    round(params, quantization)
    return params
  }

  private func set(
    _ index: Int, of params: GroupQParams, from observed: ValueRange,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) {
    let qparams = quantization.qparamsCalculator.qparams(
      for: quantization.boundedRange(observed), spec: quantization.spec,
      precision: quantization.qparamsPrecision)
    guard qparams.scale.isFinite, qparams.minval.isFinite else {
      throw overflow(group: params.first + index, quantization)
    }
    unsafe params.scale[index] = qparams.scale
    unsafe params.zero[index] = qparams.zeroPoint
    unsafe params.minval[index] = qparams.minval
  }

  private func overflow(group: Int, _ quantization: TensorQuantization) -> QuantizationError {
    .rangeOverflow(
      quantization.tensor.name, index: quantization.geometry.firstElement(ofGroup: group))
  }

  /// Rounds scale and minval to the precision of the tensor, where the layout stores them so.
  private func round(_ params: GroupQParams, _ quantization: TensorQuantization) {
    guard quantization.roundsQParams, quantization.precision.byteCount == 2 else { return }
    func round(_ values: UnsafeMutableBufferPointer<Float>) {
      for i in values.indices {
        unsafe values[i] = Float(quantization.precision.rounded(Double(values[i])))
      }
    }
    unsafe round(params.scale)
    unsafe round(params.minval)
  }

  // MARK: Quantized values

  /// The code of every element, a byte each.
  ///
  /// - Parameter params: The parameters of all groups that the elements touch.
  func codes(
    of elements: Range<Int>, input: UnsafeRawBufferPointer, params: GroupQParams,
    _ quantization: TensorQuantization
  ) -> UnsafeMutableBufferPointer<UInt8> {
    let codes = unsafe codeScratch.reserve(elements.count)
    let code = quantization.code
    let type = quantization.precision.kernelType
    let (input, width) = unsafe kernelInput(elements.count, input, quantization.precision)
    unsafe forEachAffine(in: elements, params: params, quantization.spec, quantization.geometry) {
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

  /// The value of every code, rounded to a precision.
  func values(
    ofCodes codes: UnsafeMutableBufferPointer<UInt8>, code: qc_code, of elements: Range<Int>,
    params: GroupQParams, _ spec: QuantizationSpec, _ geometry: BlockGeometry,
    in precision: FloatPrecision
  ) -> UnsafeRawBufferPointer {
    let width = precision == .float64 ? 4 : precision.byteCount
    let out = unsafe floatScratch.reserve(elements.count * precision.byteCount)
    unsafe forEachAffine(in: elements, params: params, spec, geometry) {
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

  /// The elements in a type that kernels take, and its width: float64 is narrowed to float32, in which
  /// the reference quantizes.
  private func kernelInput(
    _ count: Int, _ input: UnsafeRawBufferPointer, _ precision: FloatPrecision
  ) -> (UnsafeRawBufferPointer, width: Int) {
    guard precision == .float64 else { return unsafe (input, precision.byteCount) }
    let narrowed = unsafe self.narrowed.reserve(count)
    for i in 0..<count {
      unsafe narrowed[i] = Float(input.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
    }
    return (UnsafeRawBufferPointer(narrowed), 4)
  }

  /// Calls `body` for every segment with its parameters; a length means runs, none means lanes.
  private func forEachAffine(
    in elements: Range<Int>, params: GroupQParams, _ spec: QuantizationSpec,
    _ geometry: BlockGeometry,
    _ body: (_ start: Int, _ count: Int, _ length: Int?, _ affine: inout qc_affine) -> Void
  ) {
    let (low, high) = spec.limits
    let hasMinval = spec.formulation == .minval
    func affine(_ params: GroupQParams, at index: Int) -> qc_affine {
      unsafe qc_affine(
        scale: params.scale.baseAddress.unsafelyUnwrapped + index,
        minval: hasMinval ? params.minval.baseAddress.unsafelyUnwrapped + index : nil,
        zero: hasMinval ? nil : params.zero.baseAddress.unsafelyUnwrapped + index,
        quant_min: Int32(low), quant_max: Int32(high))
    }
    var lanes: (pattern: LanePattern, count: Int, params: GroupQParams)?
    geometry.forEachSegment(in: elements) { segment in
      switch segment {
      case .runs(let start, let count, let length, let group):
        var affine = unsafe affine(params, at: group - params.first)
        unsafe body(start, count, length, &affine)
      case .lanes(let start, let count, let pattern):
        let expanded: GroupQParams
        if let lanes, lanes.pattern == pattern, lanes.count >= count {
          expanded = lanes.params
        } else {
          expanded = expand(params, pattern, count)
          lanes = (pattern, count, expanded)
        }
        var affine = unsafe affine(expanded, at: 0)
        unsafe body(start, count, nil, &affine)
      }
    }
  }

  /// The parameters of every lane of a pattern.
  private func expand(
    _ params: GroupQParams, _ pattern: LanePattern, _ count: Int
  ) -> GroupQParams {
    let lanes = laneScratch.reserve(0..<count)
    pattern.forEach(count) { lane, group in
      let index = group - params.first
      unsafe lanes.scale[lane] = params.scale[index]
      unsafe lanes.zero[lane] = params.zero[index]
      unsafe lanes.minval[lane] = params.minval[index]
    }
    return lanes
  }
}
