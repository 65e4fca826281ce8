/// What becomes of a tensor, and why.
public indirect enum TensorDecision: Sendable {
  // Indirect: a spec is large, and every tensor has its decision in several places.

  /// Quantized as the spec says, its axis filled in.
  case quantize(QuantizationSpec)
  /// Copied: it was never meant to be quantized.
  case copy(CopyReason)
  /// Copied, although it was meant to be quantized.
  case skip(SkipReason)
  /// What would be one of these two, stored in another float type: the layout has no other for it.
  case cast(TensorDecision, to: FloatPrecision)
  /// Not in the output: the state of an optimizer.
  case drop
}

extension TensorDecision {
  /// `quantized`, `copied`, `cast`, `skipped` or `dropped`.
  public var action: String {
    switch self {
    case .quantize: "quantized"
    case .copy: "copied"
    case .skip: "skipped"
    case .cast(.skip, _): "skipped"
    case .cast: "cast"
    case .drop: "dropped"
    }
  }

  /// Why a tensor is not quantized.
  public var reason: String? {
    switch self {
    case .quantize: nil
    case .copy(let reason): "\(reason)"
    case .skip(let reason): "\(reason)"
    case .cast(let decision, let precision):
      "\(decision.reason ?? "not quantized"); stored as \(precision.dtype)"
    case .drop: "\(CopyReason.optimizerState)"
    }
  }

  /// The type to which a tensor is cast.
  public var castType: FloatPrecision? {
    if case .cast(_, let precision) = self { precision } else { nil }
  }

  /// How a tensor is quantized.
  public var spec: QuantizationSpec? {
    if case .quantize(let spec) = self { spec } else { nil }
  }
}

/// What becomes of a tensor, and the rule that says so.
struct TensorVerdict: Sendable {
  let decision: TensorDecision
  let rule: SelectionRule
  /// The shape in which the layout sees a tensor that is quantized; nil for its own.
  let view: [Int]?

  init(_ decision: TensorDecision, _ rule: SelectionRule, as view: [Int]? = nil) {
    self.decision = decision
    self.rule = rule
    self.view = view
  }
}

extension TensorVerdict {
  /// The verdict with the type in which a layout stores a float tensor that is not quantized.
  func stored(by layout: any OutputLayout, _ tensor: TensorDescriptor) -> TensorVerdict {
    guard decision.spec == nil, let own = FloatPrecision(tensor.dtype),
      let precision = layout.precision(ofUnquantized: tensor, decision)
    else { return self }
    return cast(from: own, to: precision)
  }

  /// The verdict with a tensor of one type stored in another.
  func cast(from own: FloatPrecision, to precision: FloatPrecision) -> TensorVerdict {
    own == precision ? self : TensorVerdict(.cast(decision, to: precision), rule)
  }
}

/// Why a tensor that was to be quantized is copied instead.
public enum SkipReason: Hashable, Sendable {
  /// The granularity cannot apply to its shape.
  case granularity(GranularityError)
  /// A value, a range or a scale is beyond what can be stored.
  case nonFinite(QuantizationError)
}

extension SkipReason: CustomStringConvertible {
  /// The reason in a few words.
  public var description: String {
    switch self {
    case .granularity(let error): "\(error)"
    case .nonFinite(.nonFinite(_, let index, let value)): "\(value) at flat index \(index)"
    case .nonFinite(.rangeOverflow(_, let index)):
      "the group at flat index \(index) has no finite scale"
    case .nonFinite(.scaleUnderflow(_, let index)):
      "the scale of the group at flat index \(index) underflows"
    case .nonFinite(.parameterOverflow(_, let index, let dtype)):
      "the scale or minval of the group at flat index \(index) is infinite as \(dtype)"
    case .nonFinite(.castOverflow(_, let index, let value, let dtype)):
      "\(value) at flat index \(index) is infinite as \(dtype)"
    }
  }
}
