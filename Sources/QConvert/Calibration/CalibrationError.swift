public import SystemPackage

/// Why a sequence of tensors gives no parameters.
public enum CalibrationError: Error, Hashable, Sendable {
  /// Parameters are asked for before the first tensor.
  case nothingObserved(TensorName)
  /// The granularity is to change after the first tensor.
  case granularityFixed(TensorName)
  case granularity(TensorName, GranularityError)
  case noElements(TensorName)
  case precisionChanged(TensorName, from: DType, to: DType)
  /// A tensor has other groups than those before it: its shape does not fit the granularity.
  case gridChanged(TensorName, from: [Int], to: [Int])
  /// A dump does not have a tensor that those before it have.
  case missing(TensorName)
  /// A dump has a tensor that those before it do not have.
  case unexpected(TensorName)
  /// A dump has nothing to observe.
  case nothingToObserve
  case unmatchedPattern(String)
  /// A file to be continued is none that calibration has written.
  case noState
  case damagedState
  /// A state is continued with other settings than it was begun with.
  case otherSettings(String, saved: String)
}

extension CalibrationError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .nothingObserved(let name): "tensor \(name): nothing has been observed yet"
    case .granularityFixed(let name):
      "tensor \(name): the granularity cannot change after the first tensor"
    case .granularity(let name, let error): "tensor \(name): \(error)"
    case .noElements(let name): "tensor \(name) has no elements"
    case .precisionChanged(let name, let old, let new):
      "tensor \(name) is \(new), and was \(old) before"
    case .gridChanged(let name, let old, let new):
      "tensor \(name) has \(new) groups, and had \(old) before: its shape does not fit the granularity"
    case .missing(let name): "tensor \(name) is missing, and was there before"
    case .unexpected(let name): "tensor \(name) was not there before"
    case .nothingToObserve: "no float tensor to observe"
    case .unmatchedPattern(let pattern): "no tensor matches the pattern \(TensorName(pattern))"
    case .noState:
      "no metadata \"\(CalibrationState.metadataName)\": not a file that calibrate has written"
    case .damagedState: "the metadata \"\(CalibrationState.metadataName)\" does not fit the tensors"
    case .otherSettings(let given, let saved):
      "the state was saved with \(saved), and is to be continued with \(given)"
    }
  }
}

/// An error of a calibration, and the file it is about.
public struct DumpError: Error, Sendable {
  /// The file.
  public let path: FilePath
  /// A ``CalibrationError`` or ``QuantizationError``.
  public let reason: any Error
}

extension DumpError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String { "\(path): \(reason)" }
}
