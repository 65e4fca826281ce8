/// What a configuration says of the weights of a module: the part of coreai-opt's `ModuleQuantizerConfig`
/// that means something for a checkpoint.
struct ModuleConfig: Hashable, Sendable {
  /// For the parameters that any op of the module uses.
  var opState: StateSpecs
  /// For those that ops of a type use, instead of ``opState``.
  var opTypes: [OpConfig] = []
  /// Names of ops in a traced graph.
  var opNames: [String] = []
  /// For the parameters of the module itself, whatever uses them. Submodules do not inherit it.
  var moduleState = StateSpecs.silent

  /// Weights quantized, all else untouched.
  init(weight: QuantizationSpec) {
    opState = StateSpecs(entries: [StateSpecs.Entry(key: "weight", spec: weight)])
  }

  init(opState: StateSpecs) {
    self.opState = opState
  }

  /// Nothing is quantized.
  static let off = ModuleConfig(opState: .off)
}

/// The settings for ops of a type.
struct OpConfig: Hashable, Sendable {
  let type: String
  let state: StateSpecs

  /// The op that the module classes of torch call with their parameters, under the names of the
  /// reference's registry of quantizable ops.
  static func type(ofModule type: String) -> String? {
    switch type {
    case "torch.nn.modules.linear.Linear": "linear"
    case "torch.nn.modules.sparse.Embedding": "embedding"
    case "torch.nn.modules.conv.Conv1d": "conv1d"
    case "torch.nn.modules.conv.Conv2d": "conv2d"
    case "torch.nn.modules.conv.Conv3d": "conv3d"
    case "torch.nn.modules.conv.ConvTranspose1d": "conv_transpose1d"
    case "torch.nn.modules.conv.ConvTranspose2d": "conv_transpose2d"
    case "torch.nn.modules.conv.ConvTranspose3d": "conv_transpose3d"
    default: nil
    }
  }

  /// The ops that have weights.
  static let weightTypes: Set<String> = [
    "linear", "embedding", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d",
  ]
}

/// Specs by the names of parameters; `*` stands for those that are not named.
struct StateSpecs: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    let key: TensorName
    /// Nil: not quantized.
    let spec: QuantizationSpec?

    init(key: String, spec: QuantizationSpec?) {
      self.key = TensorName(key)
      self.spec = spec
    }
  }

  let entries: [Entry]

  /// Nothing is said of any parameter.
  static let silent = StateSpecs(entries: [])
  /// No parameter is quantized.
  static let off = StateSpecs(entries: [Entry(key: "*", spec: nil)])

  /// What is said of a parameter; nil where nothing is.
  subscript(_ parameter: TensorName) -> (spec: QuantizationSpec?, isNamed: Bool)? {
    if let entry = entries.last(where: { $0.key == parameter }) { return (entry.spec, true) }
    return entries.last { $0.key == "*" }.map { ($0.spec, false) }
  }
}
