import CKernels

extension SlabQuantizer {
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

  /// The smallest and largest value of every group, by the vector kernels.
  func bounds(
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
    let lowLanes = unsafe laneMin.reserve(BlockGeometry.longestPattern)
    let highLanes = unsafe laneMax.reserve(BlockGeometry.longestPattern)
    func flushLanes() {
      guard let (pattern, count) = lanes else { return }
      pattern.forEach(count) { lane, group in
        let index = group - groups.lowerBound
        unsafe min[index] = Swift.min(min[index], lowLanes[lane])
        unsafe max[index] = Swift.max(max[index], highLanes[lane])
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
        let find =
          unsafe quantization.takesExtremes
          ? kernels.functions.extreme_runs : kernels.functions.range_runs
        isFinite = unsafe find?(type, x, count, length, low, high) == true && isFinite
      case .lanes(let start, let count, let pattern):
        // The pattern's last segment may be shorter; its lanes are a beginning of the others'.
        if lanes?.pattern != pattern || (lanes?.count ?? 0) < count {
          flushLanes()
          lanes = (pattern, count)
          unsafe lowLanes.update(repeating: .infinity)
          unsafe highLanes.update(repeating: -.infinity)
        }
        let x = unsafe input.baseAddress.unsafelyUnwrapped + (start - elements.lowerBound) * width
        isFinite =
          unsafe kernels.functions.range_lanes(
            type, x, count, lowLanes.baseAddress, highLanes.baseAddress) && isFinite
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

  /// The elements as doubles, exactly.
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
}
