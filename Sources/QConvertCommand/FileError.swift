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
    } catch {
      throw naming(path, error, isRecorded: isRecorded)
    }
  }

  /// The error, with the file added if it is about tensors.
  static func naming(
    _ path: FilePath, _ error: any Error, isRecorded: Bool = false
  ) -> any Error {
    concernsFile(error, isRecorded: isRecorded)
      ? FileError(path: path, reason: error, isRecorded: isRecorded) : error
  }

  /// Whether an error is about what is in the file; settings are when the file records them.
  private static func concernsFile(_ error: any Error, isRecorded: Bool) -> Bool {
    switch error {
    case PlanError.memoryBoundTooSmall: false
    case is QuantizationError, is PlanError, is LayoutError, is GranularityError,
      is SafetensorsError, is ArchiveError:
      true
    case is CalculatorError, is QuantizationSpecError: isRecorded
    default: false
    }
  }
}
