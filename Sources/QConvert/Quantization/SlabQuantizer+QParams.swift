import CKernels

extension SlabQuantizer {
  /// The parameters of all groups in a stretch of whole groups.
  func qparams(
    of elements: Range<Int>, input: UnsafeRawBufferPointer, _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    guard quantization.hasVectorRange else {
      let ranges = unsafe try ranges(of: elements, input: input, quantization)
      return try qparams(of: ranges, ranges.groups, quantization)
    }
    let groups = quantization.geometry.groups(ofUnits: elements)
    let (min, max) = unsafe try bounds(of: groups, in: elements, input: input, quantization)
    return unsafe try qparams(first: groups.lowerBound, min: min, max: max, quantization)
  }

  /// The parameters that follow from the finished ranges of these groups.
  func qparams(
    of ranges: GroupRanges, _ groups: Range<Int>, _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    let indices = groups.shifted(by: -ranges.first)
    guard ranges.accumulators.isEmpty else {
      let params = groupScratch.reserve(groups)
      for (i, accumulator) in ranges.accumulators[indices].enumerated() {
        try set(i, of: params, from: accumulator.range, quantization)
      }
      try round(params, quantization)
      return params
    }
    let low = unsafe rangeMin.reserve(groups.count)
    let high = unsafe rangeMax.reserve(groups.count)
    _ = unsafe low.update(fromContentsOf: ranges.min[indices])
    _ = unsafe high.update(fromContentsOf: ranges.max[indices])
    return unsafe try qparams(first: groups.lowerBound, min: low, max: high, quantization)
  }

  private func qparams(
    first: Int, min: UnsafeMutableBufferPointer<Float>, max: UnsafeMutableBufferPointer<Float>,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) -> GroupQParams {
    let params = groupScratch.reserve(first..<first + min.count)
    if quantization.hasVectorQParams, var rule = quantization.rule {
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
    try round(params, quantization)
    return params
  }

  private func set(
    _ index: Int, of params: GroupQParams, from observed: ValueRange,
    _ quantization: TensorQuantization
  ) throws(QuantizationError) {
    let group = params.first + index
    let qparams = try quantization.qparams(
      ofBounded: quantization.range(ofGroup: group, observed: observed), group: group)
    unsafe params.scale[index] = qparams.scale
    unsafe params.zero[index] = qparams.zeroPoint
    unsafe params.minval[index] = qparams.minval
  }

  private func overflow(group: Int, _ quantization: TensorQuantization) -> QuantizationError {
    .rangeOverflow(
      quantization.tensor.name, index: quantization.geometry.firstElement(ofGroup: group))
  }

  /// Rounds scale and minval to the precision of the tensor, where the layout stores them so.
  private func round(
    _ params: GroupQParams, _ quantization: TensorQuantization
  ) throws(QuantizationError) {
    guard quantization.roundsQParams, quantization.precision.byteCount == 2 else { return }
    for i in 0..<params.count {
      unsafe params.scale[i] = Float(quantization.precision.rounded(Double(params.scale[i])))
      unsafe params.minval[i] = Float(quantization.precision.rounded(Double(params.minval[i])))
      guard unsafe params.scale[i].isFinite, unsafe params.minval[i].isFinite else {
        throw overflow(group: params.first + i, quantization)
      }
      guard unsafe params.scale[i] > 0 else {
        let index = quantization.geometry.firstElement(ofGroup: params.first + i)
        throw .scaleUnderflow(quantization.tensor.name, index: index)
      }
    }
  }
}
