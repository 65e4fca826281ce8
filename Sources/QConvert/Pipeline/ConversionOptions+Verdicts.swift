extension ConversionOptions {
  /// What becomes of every tensor.
  func verdicts(
    on tensors: [TensorDescriptor], _ specs: SpecAssignment
  ) throws -> [TensorVerdict] {
    let selector = TensorSelector(selection, specs, of: tensors, for: layout)
    return try tensors.map { tensor in
      if dropsOptimizerState, tensor.layer?.isOptimizerState == true {
        return TensorVerdict(.drop, .dropOptimizer)
      }
      do {
        return try selector.verdict(on: tensor).stored(by: layout, tensor)
      } catch let error as GranularityError {
        if isStrict { throw PlanError.cannotApply(tensor.name, error) }
        return TensorVerdict(.skip(.granularity(error)), selector.rule(for: tensor))
          .stored(by: layout, tensor)
      }
    }
  }

  /// What else is wanted and has no effect, as warnings.
  func idleNotes(_ tensors: [TensorDescriptor]) -> [String] {
    let isIdle = dropsOptimizerState && !tensors.contains { $0.layer?.isOptimizerState == true }
    return isIdle ? ["there is no state of an optimizer to drop"] : []
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
