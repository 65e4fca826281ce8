import QConvert
import SystemPackage

/// An error of the library that does not say which file it is about.
struct FileError: Error, CustomStringConvertible {
  let path: FilePath
  let reason: any Error
  /// Whether the settings that do not go together are those that the file records.
  let isRecorded: Bool

  var description: String { "\(path): \(reason)" }

  /// Runs `body` and adds the file to its errors about tensors.
  static func naming<Result>(
    _ path: FilePath, isRecorded: Bool = false, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let error where concernsFile(error, isRecorded: isRecorded) {
      throw FileError(path: path, reason: error, isRecorded: isRecorded)
    }
  }

  /// Whether an error is about what is in the file; settings are when the file records them.
  private static func concernsFile(_ error: any Error, isRecorded: Bool) -> Bool {
    switch error {
    case PlanError.memoryBoundTooSmall: false
    case is QuantizationError, is PlanError, is LayoutError, is GranularityError,
      is SafetensorsError:
      true
    case is CalculatorError, is QuantizationSpecError: isRecorded
    default: false
    }
  }
}
