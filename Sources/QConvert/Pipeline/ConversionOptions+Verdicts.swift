extension ConversionOptions {
  /// What becomes of every tensor.
  func verdicts(
    on tensors: [TensorDescriptor], _ specs: SpecAssignment
  ) throws -> [TensorVerdict] {
    let selector = TensorSelector(selection, specs, of: tensors, for: layout)
    return try tensors.map { tensor in
      do {
        return try selector.verdict(on: tensor)
      } catch let error as GranularityError {
        if isStrict { throw PlanError.cannotApply(tensor.name, error) }
        return TensorVerdict(.skip(.granularity(error)), selector.rule(for: tensor))
      }
    }
  }

  /// What matches nothing, as warnings.
  ///
  /// - Throws: ``PlanError/unmatchedPattern(_:)`` or ``PlanError/unmatchedRule(_:)`` unless that is
  ///   allowed.
  func unmatched(
    _ specs: SpecAssignment, _ tensors: [TensorDescriptor]
  ) throws(PlanError) -> [String] {
    let errors =
      selection.unmatchedPatterns(in: tensors.map(\.name)).map(PlanError.unmatchedPattern)
      + specs.unmatched.map(PlanError.unmatchedRule)
    if let error = errors.first, !allowsUnmatched { throw error }
    return errors.map { "\($0)" }
  }
}

extension ConversionPlan {
  /// Demands that this share of the tensor bytes is quantized.
  func checkCoverage(_ required: Double) throws(PlanError) {
    let coverage = tensors.coverage { ($0.decision, $0.inputByteCount) }
    guard coverage < required else { return }
    let largest =
      tensors.filter { $0.decision.spec == nil }.max { $0.inputByteCount < $1.inputByteCount }
    throw .coverageTooLow(coverage, required: required, largest: largest?.name ?? "")
  }
}
