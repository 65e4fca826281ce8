/// The rule that decided about a tensor.
public enum SelectionRule: Hashable, Sendable {
  /// What the tensor is: its type, name or shape, or what stands beside it.
  case kind
  /// A pattern of ``TensorSelection/include``.
  case include(String)
  /// A pattern of ``TensorSelection/exclude``.
  case exclude(String)
  /// A rule of the configuration.
  case configuration(ConfigurationRule)
  /// The weights of all experts in one tensor of three axes, with what a rule of the configuration says
  /// of their module.
  case experts(ConfigurationRule)
  /// ``ConversionOptions/dropsOptimizerState``.
  case dropOptimizer
  /// The record of a quantized file.
  case record
}

extension SelectionRule: CustomStringConvertible {
  /// The rule in a few words.
  public var description: String {
    switch self {
    case .kind: "-"
    case .include(let pattern): "--include \(TensorName(pattern))"
    case .exclude(let pattern): "--exclude \(TensorName(pattern))"
    case .configuration(let rule): "\(rule)"
    case .experts(let rule): "experts, \(rule)"
    case .dropOptimizer: "--drop-optimizer"
    case .record: "the file's record"
    }
  }
}
