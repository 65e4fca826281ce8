public import SystemPackage

/// What the file system would not do.
public enum StorageError: Error, Sendable {
  case cannotOpen(FilePath, Errno)
  case isDirectory(FilePath)
  case notARegularFile(FilePath)
  case cannotRead(FilePath, Errno)
  case endsEarly(FilePath, expected: Int, available: Int)
  case changedWhileReading(FilePath)
  case outputIsInput(output: FilePath, input: FilePath)
  case outputExists(FilePath)
  case outputIsNotAFile(FilePath)
  case outputIsNotADirectory(FilePath)
  /// Nothing but a model is replaced by one: what is in the directory that does not belong to a model,
  /// or nil where no model is there.
  case outputIsNotAModel(FilePath, foreign: TensorName?)
  case inUse(FilePath, process: Int?)
  case cannotCreate(FilePath, Errno)
  case noSpace(FilePath, needed: Int, Errno)
  case notEnoughSpace(FilePath, needed: Int, available: Int)
  case cannotWrite(FilePath, Errno)
}

extension StorageError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let errno): "\(path): cannot open: \(errno)"
    case .isDirectory(let path): "\(path): is a directory"
    case .notARegularFile(let path): "\(path): not a regular file"
    case .cannotRead(let path, let errno): "\(path): cannot read: \(errno)"
    case .endsEarly(let path, let expected, let available):
      "\(path): the file ends at byte \(available), byte \(expected) was expected: truncated meanwhile?"
    case .changedWhileReading(let path): "\(path): the file changed while it was read"
    case .outputIsInput(let output, let input):
      "\(output): the output would replace the input \(input)"
    case .outputExists(let path): "\(path): already exists"
    case .outputIsNotAFile(let path): "\(path): exists and is not a regular file"
    case .outputIsNotADirectory(let path): "\(path): exists and is not a directory"
    case .outputIsNotAModel(let path, let foreign?):
      "\(path): not replaced: \(foreign) in it is no part of a model"
    case .outputIsNotAModel(let path, nil): "\(path): not replaced: there is no model in it"
    case .inUse(let path, let process?): "\(path): in use by process \(process)"
    case .inUse(let path, nil): "\(path): in use by another process"
    case .cannotCreate(let path, let errno): "\(path): cannot create: \(errno)"
    case .noSpace(let path, let needed, let errno):
      "\(path): no room for \(needed) bytes: \(errno)"
    case .notEnoughSpace(let path, let needed, let available):
      "\(path): \(needed) bytes are needed, \(available) are free"
    case .cannotWrite(let path, let errno): "\(path): cannot write: \(errno)"
    }
  }
}
