import CKernels

extension SlabQuantizer {
  /// Calls `body` for every segment with its parameters; a length means runs, none means lanes.
  func forEachAffine(
    in elements: Range<Int>, params: GroupQParams, _ decoding: Decoding,
    _ body: (_ start: Int, _ count: Int, _ length: Int?, _ affine: inout qc_affine) -> Void
  ) {
    let (low, high) = decoding.spec.limits
    let hasMinval = decoding.spec.formulation == .minval
    func affine(_ params: GroupQParams, at index: Int) -> qc_affine {
      unsafe qc_affine(
        scale: params.scale.baseAddress.unsafelyUnwrapped + index,
        minval: hasMinval ? params.minval.baseAddress.unsafelyUnwrapped + index : nil,
        zero: hasMinval ? nil : params.zero.baseAddress.unsafelyUnwrapped + index,
        quant_min: Int32(low), quant_max: Int32(high),
        arithmetic: decoding.arithmetic.kernelArithmetic, global: decoding.globalScale ?? 0,
        product: decoding.product.kernelType)
    }
    var lanes: (pattern: LanePattern, count: Int, params: GroupQParams)?
    decoding.geometry.forEachSegment(in: elements) { segment in
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
