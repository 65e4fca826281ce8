public import SystemPackage

/// Why an HDF5 file cannot be laid out.
public enum HDF5OutputError: Error, Hashable, Sendable {
  case invalidPath(TensorName)
  /// Two objects claim the path, or one that is no group and what is in it.
  case duplicatePath(TensorName)
  case pathTooLong(TensorName, String)
  case rankTooHigh(TensorName, Int)
  case sizeOverflow(TensorName)
  case attributeMismatch(TensorName, attribute: TensorName)
  case valueMismatch(TensorName)
  case noTemporaryFile(FilePath, Errno)
  /// libhdf5 failed at an object or its attribute, or at the file where there is no path.
  case refused(TensorName?, attribute: TensorName?, message: String)
}

extension HDF5OutputError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .invalidPath(let path):
      "\(path): HDF5 has no path with a component that is empty or \".\", or with a zero in it"
    case .duplicatePath(let path):
      "the HDF5 output would hold \(path) twice: as two objects, or as a tensor and as the group of others"
    case .pathTooLong(let path, let limit): "\(path): \(limit)"
    case .rankTooHigh(let path, let rank):
      "\(path): \(rank) axes; HDF5 has \(HDF5Index.rankLimit) at most"
    case .sizeOverflow(let path): "\(path): its shape is larger than any file"
    case .attributeMismatch(let path, let attribute):
      "\(path): the attribute \(attribute) has not the size of its shape"
    case .valueMismatch(let path): "\(path): its values have not the size of its shape"
    case .noTemporaryFile(let path, let errno):
      "\(path): cannot keep a temporary file there: \(errno)"
    case .refused(let path, let attribute, let message):
      "libhdf5 cannot write " + (attribute.map { "the attribute \($0) of " } ?? "")
        + (path.map { $0.string.isEmpty ? "the root group" : $0.description } ?? "the file")
        + ": \(message.isEmpty ? "no reason given" : message)"
    }
  }
}
