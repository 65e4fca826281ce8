import QConvert
import SystemPackage

/// The exit codes, after sysexits(3).
enum ExitStatus: Int32 {
  case usage = 64
  case dataError = 65
  case noInput = 66
  case cannotCreate = 73
  case ioError = 74
  /// Stopped, and `--resume` continues.
  case stopped = 75
  case hungUp = 129
  case interrupted = 130
  case terminated = 143

  /// The code for an error of the library; nil for others, which are the argument parser's.
  init?(of error: any Error) {
    switch error {
    case let error as FileError:
      self.init(of: error.reason)
      // What a file says of itself is no usage.
      if error.isRecorded, self == .usage { self = .dataError }
    case let error as StoppedError:
      self.init(of: error.reason)
      if error.reason is CancellationError { self = .stopped }
    case is CancellationError:
      self = ExitStatus(rawValue: 128 + Signals.received) ?? .interrupted
    case is QuantizationSpecError, is LayoutError, is CalculatorError,
      PlanError.unmatchedPattern, PlanError.unmatchedRule, PlanError.memoryBoundTooSmall,
      PlanError.separateBuffersInDirectory, PlanError.compressionNeedsHDF5,
      PlanError.architectureNeedsGGUF,
      PlanError.invalidCompressionLevel,
      is ConfigurationError, is ConfigurationFileError:
      self = .usage
    case ModelError.noWeights: self = .noInput
    case is CheckpointError, is SafetensorsError, is QuantizationError, is PlanError,
      is RecordError, is GranularityError, is ModelError, is ShardIndexError, is DirectoryError,
      is ResumeError, is DumpError, is CalibrationError, is MetricsError, is DatasetError,
      is HDF5OutputError, is HDF5Error, is KerasError, is ArchiveError:
      self = .dataError
    case let error as StorageError:
      switch error {
      case .cannotOpen(_, .tooManyOpenFiles), .cannotOpen(_, .tooManyOpenFilesInSystem):
        self = .ioError
      case .cannotOpen, .isDirectory, .notARegularFile: self = .noInput
      case .outputIsInput, .outputExists, .outputIsNotAFile, .outputIsNotADirectory,
        .outputIsNotAModel, .inUse, .cannotCreate:
        self = .cannotCreate
      case .cannotRead, .endsEarly, .changedWhileReading, .noSpace, .notEnoughSpace,
        .cannotWrite:
        self = .ioError
      }
    case is Errno: self = .ioError
    default: return nil
    }
  }
}
