/// Why an HDF5 file cannot be read.
public enum HDF5Error: Error, Hashable, Sendable {
  /// No signature, and what the file is instead, if that is known.
  case notHDF5(ForeignFormat?)
  /// There is no libhdf5 of the version that the program was built for, or it does not start.
  case libraryUnusable
  /// The process that walks the file ended without an answer.
  case indexerFailed(String)
  case indexMalformed(at: Int)
  case otherFile
  /// libhdf5 failed at an object, or at the file where there is no path.
  case refused(TensorName?, step: String, message: String)
  case limitReached(TensorName, what: String)
  case externalLink(TensorName)
  case userDefinedLink(TensorName)
  case externalStorage(TensorName)
  case virtualDataset(TensorName)
  case duplicatePath(TensorName)
  case malformedType(TensorName)
  case rankTooHigh(TensorName, Int)
  case extentTooLarge(TensorName, UInt64)
  case extentOverMaximum(TensorName, UInt64, maximum: UInt64)
  case sizeOverflow(TensorName)
  case sizeMismatch(TensorName, needed: Int, stored: Int)
  case attributeMismatch(TensorName, attribute: TensorName)
  case shapeBomb(TensorName, needed: Int, stored: Int)
  case pastEnd(TensorName, offset: Int, byteCount: Int, fileByteCount: Int)
  case overHeader(TensorName, offset: Int)
  case overlap(TensorName, TensorName, at: Int)
  case chunkShape(TensorName, [UInt64])
  case headerMalformed(TensorName)
  case chunkElementSize(TensorName, needed: Int, stored: Int)
  case chunkTooLarge(TensorName, byteCount: Int, limit: Int)
  case chunkMismatch(TensorName, needed: Int, stored: UInt64)
  case chunkOutside(TensorName, start: [UInt64])
  case duplicateChunk(TensorName, index: Int)
  case unsupportedFilter(TensorName, id: Int, name: String)
  case repeatedFilter(TensorName, id: Int)
  case fillMismatch(TensorName)
}

extension HDF5Error: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .notHDF5(let format): Self.describe(format)
    case .libraryUnusable:
      "libhdf5 \(HDF5Library.wantedVersion) is missing or does not start; libhdf5-dev (apt) and hdf5 (brew) have it"
    case .indexerFailed(let reason):
      "libhdf5 gave up on this file (\(reason)): damaged or hostile" + Self.hint(reason)
    case .indexMalformed(let offset):
      "the index of the file makes no sense at byte \(offset): damaged or hostile"
    case .otherFile: "another file has taken its place meanwhile"
    case .refused(let name, let step, let message):
      (name.map { "\($0.label): " } ?? "") + "libhdf5 cannot \(step): \(message)"
        + Self.explanation(of: message)
    case .limitReached(let name, let what): "\(name.label): \(what)"
    case .externalLink(let name):
      "\(name): a link to another file; those are never followed"
    case .userDefinedLink(let name):
      "\(name): a link of a kind of its own; those are never followed"
    case .externalStorage(let name):
      "dataset \(name): its data is in other files; those are never read"
    case .virtualDataset(let name):
      "dataset \(name): a virtual one, put together from others; those are never read"
    case .duplicatePath(let name): "\(name.label): there are two of this name"
    case .malformedType(let name): "\(name.label): its type contradicts itself"
    case .rankTooHigh(let name, let rank):
      "\(name.label): \(rank) axes; at most \(HDF5Index.rankLimit) are allowed"
    case .extentTooLarge(let name, let extent):
      "\(name.label): an axis of \(extent) is longer than any file"
    case .extentOverMaximum(let name, let extent, let maximum):
      "\(name.label): an axis of \(extent), whose maximum is \(maximum)"
    case .sizeOverflow(let name): "\(name.label): its shape is larger than any file"
    case .sizeMismatch(let name, let needed, let stored):
      "dataset \(name): its shape takes \(needed) bytes, \(stored) are stored"
    case .attributeMismatch(let name, let attribute):
      "\(name.label): the attribute \(attribute) has not the size of its shape"
    case .shapeBomb(let name, let needed, let stored):
      "dataset \(name): its shape takes \(needed) bytes, of which the file stores \(stored): refused, lest "
        + "a small file fills the disk"
    case .pastEnd(let name, let offset, let byteCount, let fileByteCount):
      "dataset \(name): \(byteCount) bytes at \(offset), in a file of \(fileByteCount): incomplete download?"
    case .overHeader(let name, let offset):
      "dataset \(name): its data begins at \(offset), in the header of the file"
    case .overlap(let name, let other, let offset):
      "dataset \(name): its data overlaps that of \(other) at byte \(offset)"
    case .chunkShape(let name, let shape): "dataset \(name): chunks of shape \(shape)"
    case .headerMalformed(let name):
      "\(name.label): its header leads in circles or out of the file"
    case .chunkElementSize(let name, let needed, let stored):
      "dataset \(name): its elements take \(needed) bytes, in its chunks \(stored)"
    case .chunkTooLarge(let name, let byteCount, let limit):
      "dataset \(name): chunks of \(byteCount) bytes; at most \(limit) are allowed"
    case .chunkMismatch(let name, let needed, let stored):
      "dataset \(name): a chunk takes \(needed) bytes, the file says \(stored)"
    case .chunkOutside(let name, let start):
      "dataset \(name): a chunk at \(start) is not in the grid of chunks"
    case .duplicateChunk(let name, let index): "dataset \(name): chunk \(index) is stored twice"
    case .unsupportedFilter(let name, let id, let filter):
      "dataset \(name) uses filter \(id)\(filter.isEmpty ? "" : " (\(filter))"), not supported"
    case .repeatedFilter(let name, let id): "dataset \(name) uses filter \(id) twice, not supported"
    case .fillMismatch(let name):
      "dataset \(name): its fill value has not the size of its elements"
    }
  }

  private static func describe(_ format: ForeignFormat?) -> String {
    switch format {
    case let format?: format.description(insteadOf: "an HDF5 file")
    case nil: "not an HDF5 file: its signature is missing"
    }
  }

  private static func hint(_ reason: String) -> String {
    reason.contains("took too long")
      ? ", or of more chunks than libhdf5 before 1.14.4 can list: larger chunks help" : ""
  }

  private static func explanation(of message: String) -> String {
    if message.contains("already open for write") {
      return "; a program is writing it, or stopped while it did"
    }
    if message.contains("unable to lock file") { return "; another program has it locked" }
    if message.contains("truncated file") { return "; incomplete download?" }
    return ""
  }
}

extension TensorName {
  /// The name of an object of an HDF5 file in a message: the root has none.
  fileprivate var label: String { string.isEmpty ? "the root group" : description }
}
