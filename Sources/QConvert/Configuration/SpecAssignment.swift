/// What a configuration decides about every tensor of a checkpoint.
///
/// A checkpoint knows neither classes nor ops, so that modules are what the names of tensors spell, and the
/// types come from ``ModuleTypes``; but a file of Keras tells the classes and names of its layers. As with the reference:
///
/// - `op_state_spec` reaches what an op with weights uses: Linear, Conv, ConvTranspose and Embedding, weights
///   and biases, and a `torch.nn.Parameter` that a matmul, add, mul or sub takes. It does not reach the
///   parameters of torch's other classes: norms, LSTM, MultiheadAttention with the Linear in it. Where the
///   type is not known, that the parameters of norms are of rank 1 is what tells.
/// - A class that is not torch's may be a norm, too, or use its parameters in such an op, so that a
///   `weight` of rank 1, or one that `*` stands for, stays as it is unless `module_state_spec` names it;
///   the reference quantizes it where the op is a mul or an add.
/// - `module_state_spec` reaches every parameter and buffer of the module, those of norms too.
struct SpecAssignment {
  /// What a configuration says of a tensor.
  enum Decision: Hashable, Sendable {
    /// Quantize; a tensor of one axis only if it takes such: where it is named other than `weight`, which
    /// norms have too, where the whole module is meant, or where the type tells that an op uses it.
    case spec(QuantizationSpec, rule: ConfigurationRule, takesVectors: Bool)
    /// Do not quantize.
    case off(ConfigurationRule)
    /// Nothing is said, so do not quantize.
    case none(ConfigurationRule)
  }

  /// Every pattern, type, op type and op name that met no module, in the order of the configuration.
  let unmatched: [ConfigurationRule]
  private let modules: ResolvedModules

  /// Finds the settings of every module.
  ///
  /// - Parameters:
  ///   - config: The configuration.
  ///   - types: The types of the modules, as far as they are known.
  ///   - file: What the file itself tells of modules.
  ///   - names: The names of all tensors.
  /// - Throws: ``ConfigurationError/badPattern(_:)``, ``ConfigurationError/nestedName(_:)``
  init(
    _ config: QuantizerConfig, _ types: ModuleTypes, _ file: FileModules = .none,
    names: [TensorName]
  ) throws(ConfigurationError) {
    modules = try ResolvedModules(config, types, file, names: names)
    unmatched = modules.unmatched(config)
  }

  /// What becomes of a tensor.
  func decision(for name: TensorName) -> Decision {
    let module = modules[name]
    let (rule, found) = module.lookUp(TensorName(name.parameter))
    guard let found else { return .none(rule) }
    guard let spec = found.spec else { return .off(rule) }
    let takesVectors =
      found.isOfModule || module.opType != nil || found.isNamed && name.parameter != "weight"
    return .spec(module.filled(spec, for: name), rule: rule, takesVectors: takesVectors)
  }

  /// What the configuration gives for a parameter `weight` of the module that has the tensor; nil where
  /// that is not quantized.
  func weightSpec(forModuleOf name: TensorName) -> (QuantizationSpec, ConfigurationRule)? {
    var module = modules[name]
    module.isOpless = false
    let (rule, found) = module.lookUp("weight")
    return found?.spec.map { (module.filled($0, for: name), rule) }
  }

  /// Whether the tensor belongs to a transposed convolution, whose default axes are swapped.
  func isTransposed(_ name: TensorName) -> Bool { modules[name].isTransposed }
}

extension ResolvedModule {
  fileprivate typealias Finding = (spec: QuantizationSpec?, isNamed: Bool, isOfModule: Bool)

  /// What is said of a parameter, and where.
  fileprivate func lookUp(
    _ parameter: TensorName
  ) -> (rule: ConfigurationRule, found: Finding?) {
    if isDirect, let found = rule.config.moduleState[parameter] {
      return (rule.rule, (found.spec, found.isNamed, true))
    }
    let op = rule.config.opTypes.last { $0.type == opType }
    let found = op.map { $0.state[parameter] } ?? (isOpless ? nil : rule.config.opState[parameter])
    return (
      op.map { .opType($0.type, in: rule.rule) } ?? rule.rule,
      found.map { ($0.spec, $0.isNamed, false) }
    )
  }

  /// The spec with the default axis of a transposed convolution, of which a bias has no use.
  fileprivate func filled(_ spec: QuantizationSpec, for name: TensorName) -> QuantizationSpec {
    isTransposed && name.parameter != "bias" ? spec.forTransposedConvolution : spec
  }
}
