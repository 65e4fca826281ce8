/// Decides what becomes of the tensors of a model, one by one.
///
/// In this order: what is quantized already, or no float, is copied; so is what a pattern excludes; then
/// the configuration says how a tensor is quantized, or that it is not. A pattern that includes a tensor,
/// and the weights of all experts in one tensor, take what it says of `weight` in their module.
struct TensorSelector {
  private let selection: TensorSelection
  private let specs: SpecAssignment
  private let layout: any OutputLayout
  private let quantized: QuantizedWeights

  init(
    _ selection: TensorSelection, _ specs: SpecAssignment,
    of tensors: some Sequence<TensorDescriptor>, for layout: any OutputLayout = NativeLayout()
  ) {
    self.selection = selection
    self.specs = specs
    self.layout = layout
    quantized = QuantizedWeights(tensors)
  }

  /// What becomes of a tensor.
  ///
  /// - Throws: ``GranularityError`` where it is to be quantized and its shape does not allow that;
  ///   ``LayoutError`` where the layout does not.
  func verdict(on tensor: TensorDescriptor) throws -> TensorVerdict {
    if let reason = quantized.reasonToCopy(tensor.name) {
      return TensorVerdict(.copy(reason), .kind)
    }
    if let type = tensor.blockType { return TensorVerdict(.copy(.blocks(type)), .kind) }
    guard FloatPrecision(tensor.dtype) != nil else {
      return TensorVerdict(.copy(.notFloat(tensor.dtype)), .kind)
    }
    if let pattern = selection.excludingPattern(tensor.name) {
      return TensorVerdict(.copy(.excluded(pattern)), .exclude(pattern))
    }
    if tensor.byteCount == 0 { return TensorVerdict(.copy(.empty), .kind) }
    let including = tensor.shape.isEmpty ? nil : selection.includingPattern(tensor.name)
    switch specs.decision(for: tensor.selectionName) {
    case .off(let rule):
      return TensorVerdict(.copy(.switchedOff), .configuration(rule))
    case .spec(let spec, let rule, let takesVectors):
      let leastRank = takesVectors || including != nil ? 1 : 2
      guard tensor.shape.count >= leastRank else {
        return TensorVerdict(.copy(.rank(tensor.shape.count)), .kind)
      }
      let rule = including.map(SelectionRule.include) ?? .configuration(rule)
      return try quantize(tensor, spec, rule)
    case .none(let rule):
      let isExperts = tensor.holdsExperts
      guard including != nil || isExperts else {
        if let layer = tensor.layer {
          let reason =
            layer.isOptimizerState ? CopyReason.optimizerState : .notALayerWeight
          return TensorVerdict(.copy(reason), .kind)
        }
        let reason =
          rule.isForAllWeights
          ? CopyReason.notAWeight : .notNamed(TensorName(tensor.name.parameter))
        return TensorVerdict(.copy(reason), .configuration(rule))
      }
      guard let (spec, rule) = specs.weightSpec(forModuleOf: tensor.selectionName) else {
        return TensorVerdict(.copy(.switchedOff), .kind)
      }
      return try quantize(tensor, spec, including.map(SelectionRule.include) ?? .experts(rule))
    }
  }

  /// The rule that would have a tensor quantized.
  func rule(for tensor: TensorDescriptor) -> SelectionRule {
    if let pattern = selection.includingPattern(tensor.name) { return .include(pattern) }
    return switch specs.decision(for: tensor.selectionName) {
    case .spec(_, let rule, _), .off(let rule): .configuration(rule)
    case .none:
      specs.weightSpec(forModuleOf: tensor.selectionName).map { .experts($0.1) } ?? .kind
    }
  }

  private func quantize(
    _ tensor: TensorDescriptor, _ spec: QuantizationSpec, _ rule: SelectionRule
  ) throws -> TensorVerdict {
    switch try layout.fit(spec, to: tensor) {
    case .quantize(let spec, let view): TensorVerdict(.quantize(spec), rule, as: view)
    case .copy(let reason): TensorVerdict(.copy(.layout(reason)), rule)
    }
  }
}

extension QuantizationSpec {
  /// The spec with the axes of a tensor filled in.
  func resolved(for tensor: TensorDescriptor) throws(GranularityError) -> QuantizationSpec {
    let rank = tensor.shape.count
    let spec = tensor.layer.map { filled(for: $0, rank: rank) } ?? self
    return tensor.holdsExperts ? try spec.perLeadingIndex(rank: 3) : try spec.resolved(rank: rank)
  }
}
