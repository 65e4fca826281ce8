/// What becomes of a tensor, and why.
public enum TensorDecision: Sendable {
  /// Quantized as the spec says, its axis filled in.
  case quantize(QuantizationSpec)
  /// Copied: it was never meant to be quantized.
  case copy(CopyReason)
  /// Copied, although it was meant to be quantized.
  case skip(SkipReason)
}

/// What becomes of a tensor, and the rule that says so.
struct TensorVerdict: Sendable {
  let decision: TensorDecision
  let rule: SelectionRule

  init(_ decision: TensorDecision, _ rule: SelectionRule) {
    self.decision = decision
    self.rule = rule
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
    }
  }
}
