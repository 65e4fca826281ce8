/// Decides what becomes of the tensors of a model, one by one.
///
/// In this order: what is quantized already, or no float, is copied; so is what a pattern excludes; then
/// the configuration says how a tensor is quantized, or that it is not. A pattern that includes a tensor,
/// and the weights of all experts in one tensor, take what it says of `weight` in their module.
struct TensorSelector {
  private let selection: TensorSelection
  private let specs: SpecAssignment
  private let quantized: QuantizedWeights

  init(
    _ selection: TensorSelection, _ specs: SpecAssignment,
    of tensors: some Sequence<TensorDescriptor>
  ) {
    self.selection = selection
    self.specs = specs
    quantized = QuantizedWeights(tensors)
  }

  /// What becomes of a tensor.
  ///
  /// - Throws: ``GranularityError`` where it is to be quantized and its shape does not allow that.
  func verdict(on tensor: TensorDescriptor) throws -> TensorVerdict {
    if let reason = quantized.reasonToCopy(tensor.name) {
      return TensorVerdict(.copy(reason), .kind)
    }
    guard FloatPrecision(tensor.dtype) != nil else {
      return TensorVerdict(.copy(.notFloat(tensor.dtype)), .kind)
    }
    if let pattern = selection.excludingPattern(tensor.name) {
      return TensorVerdict(.copy(.excluded(pattern)), .exclude(pattern))
    }
    if tensor.bytes.isEmpty { return TensorVerdict(.copy(.empty), .kind) }
    let including = tensor.shape.isEmpty ? nil : selection.includingPattern(tensor.name)
    switch specs.decision(for: tensor.name) {
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
        let reason =
          rule.isForAllWeights
          ? CopyReason.notAWeight : .notNamed(TensorName(tensor.name.parameter))
        return TensorVerdict(.copy(reason), .configuration(rule))
      }
      guard let (spec, rule) = specs.weightSpec(forModuleOf: tensor.name) else {
        return TensorVerdict(.copy(.switchedOff), .kind)
      }
      return try quantize(tensor, spec, including.map(SelectionRule.include) ?? .experts(rule))
    }
  }

  /// The rule that would have a tensor quantized.
  func rule(for name: TensorName) -> SelectionRule {
    if let pattern = selection.includingPattern(name) { return .include(pattern) }
    return switch specs.decision(for: name) {
    case .spec(_, let rule, _), .off(let rule): .configuration(rule)
    case .none: specs.weightSpec(forModuleOf: name).map { .experts($0.1) } ?? .kind
    }
  }

  private func quantize(
    _ tensor: TensorDescriptor, _ spec: QuantizationSpec, _ rule: SelectionRule
  ) throws -> TensorVerdict {
    let spec =
      tensor.holdsExperts
      ? try spec.perLeadingIndex(rank: 3) : try spec.resolved(rank: tensor.shape.count)
    _ = try spec.granularity.blockShape(for: tensor.shape)
    return TensorVerdict(.quantize(spec), rule)
  }
}

extension TensorDescriptor {
  /// Whether the tensor holds the weight matrices of all experts of a mixture, one for every leading
  /// index, as `model.layers.0.mlp.experts.gate_up_proj` does.
  fileprivate var holdsExperts: Bool {
    guard shape.count == 3 else { return false }
    let components = name.string.split(separator: ".")
    return components.contains { $0.hasSuffix("experts") }
  }
}
