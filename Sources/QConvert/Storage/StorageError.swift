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
  case cannotCreate(FilePath, Errno)
  case noSpace(FilePath, needed: Int, Errno)
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
    case .cannotCreate(let path, let errno): "\(path): cannot create: \(errno)"
    case .noSpace(let path, let needed, let errno):
      "\(path): no room for \(needed) bytes: \(errno)"
    case .cannotWrite(let path, let errno): "\(path): cannot write: \(errno)"
    }
  }
}
