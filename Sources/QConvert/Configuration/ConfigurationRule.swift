/// The place in a configuration that decided about a tensor.
public indirect enum ConfigurationRule: Hashable, Sendable {
  /// The settings for the whole model.
  case global
  /// The spec given from outside for what a configuration does not name.
  case defaultSpec
  /// The settings of the reference where there are none.
  case libraryDefault
  case preset(String)
  case moduleType(String)
  case moduleName(String)
  /// An op type within another rule.
  case opType(String, in: ConfigurationRule)
  /// An op of a traced graph within another rule.
  case opName(String, in: ConfigurationRule)
}

extension ConfigurationRule {
  /// Whether the rule gives one spec for all parameters `weight`, and says nothing else.
  var isForAllWeights: Bool {
    switch self {
    case .defaultSpec, .libraryDefault, .preset: true
    case .global, .moduleType, .moduleName, .opType, .opName: false
    }
  }
}

extension ConfigurationRule: CustomStringConvertible {
  /// The keys that lead there, such as `module_name_configs "decoder.*"`.
  public var description: String {
    switch self {
    case .global: "global_config"
    case .defaultSpec: "the default spec"
    case .libraryDefault: "the default of coreai-opt"
    case .preset(let name): "preset \(name)"
    case .moduleType(let type): "module_type_configs \"\(TensorName(type))\""
    case .moduleName(let pattern): "module_name_configs \"\(TensorName(pattern))\""
    case .opType(let type, let rule): "\(rule), op_type_config \"\(TensorName(type))\""
    case .opName(let name, let rule): "\(rule), op_name_config \"\(TensorName(name))\""
    }
  }
}
