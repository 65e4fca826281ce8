/// Why a configuration cannot be used.
public enum ConfigurationError: Error, Hashable, Sendable {
  /// The text is not YAML, or YAML beyond what a configuration needs.
  case yaml(String, line: Int)
  case duplicateKey(String, line: Int)
  case unknownKey(String, known: [String])
  case missingKey(String)
  case wrongKind(String, expected: String)
  case unknownValue(String, String, known: [String])
  case spec(String, QuantizationSpecError)
  /// Axis and block sizes together: the list of sizes says it all.
  case axisWithBlockSizes(String)
  /// Settings of a module where every module is meant.
  case moduleSettings(String)
  /// A pattern of a module name that is no regular expression, or one in Python's words only.
  case badPattern(String)
  /// The name of a module that lies in more modules than are looked at.
  case nestedName(TensorName)
}

extension ConfigurationError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .yaml(let problem, let line): "line \(line): \(TensorName(problem))"
    case .duplicateKey(let key, let line): "line \(line): the key \(TensorName(key)) is there twice"
    case .unknownKey(let path, let known):
      "unknown key \(TensorName(path)); there are: \(known.joined(separator: " "))"
    case .missingKey(let path): "\(TensorName(path)) is missing"
    case .wrongKind(let path, let expected): "\(TensorName(path)) is not \(expected)"
    case .unknownValue(let path, let value, let known):
      "\(TensorName(path)) is \(TensorName(value)); there are: \(known.joined(separator: " "))"
    case .spec(let path, let error): "\(TensorName(path)): \(error)"
    case .axisWithBlockSizes(let path):
      "\(TensorName(path)): an axis goes with one block size, not with a list of them"
    case .moduleSettings(let path):
      "\(TensorName(path)) has no meaning for every module; it belongs to module_type_configs or "
        + "module_name_configs"
    case .badPattern(let pattern):
      "the pattern \(TensorName(pattern)) is no regular expression that Swift and Python share"
    case .nestedName(let name):
      "the module \(name) lies in more than \(ResolvedModules.depthLimit) others"
    }
  }
}
