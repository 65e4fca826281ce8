/// Which rule of the GGUF format a file breaks.
///
/// Offsets of tensors count from the start of the data, as in the header.
public enum GGUFError: Error, Hashable, Sendable {
  case bigEndian
  case unsupportedVersion(UInt32)
  case tooManyItems(Items, UInt64, available: Int)
  case endsEarly(Part, available: Int)
  case headerTooLong(Part)
  case outputHeaderTooLong(Int)
  case nameTooLong(Part, UInt64)
  case notUTF8(Part)
  case emptyKey(index: Int)
  case duplicateKey(TensorName)
  case unknownValueType(TensorName, UInt32)
  case notBoolean(TensorName, UInt8)
  case arrayTooLong(TensorName, count: UInt64)
  case arrayTooDeep(TensorName)
  case malformedAlignment(String)
  case duplicateTensor(TensorName)
  case rankTooHigh(TensorName, UInt32)
  case sizeOverflow(TensorName)
  case unknownType(TensorName, UInt32)
  case notWholeBlocks(TensorName, GGMLType, rowLength: Int)
  case misaligned(TensorName, offset: UInt64, alignment: Int)
  case overlap(TensorName, start: Int, TensorName, end: Int)
  case hole(before: TensorName, from: Int, to: Int)
  case trailingBytes(Int)
  case truncated(TensorName, end: Int, available: Int)

  /// What a header counts.
  public enum Items: String, Hashable, Sendable {
    case pairs = "metadata pairs"
    case tensors
  }

  /// A part of a header.
  public enum Part: Hashable, Sendable {
    case start
    case pair(index: Int)
    case value(TensorName)
    case tensor(index: Int)
  }
}

extension GGUFError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .bigEndian: "a big-endian GGUF file; only little-endian ones are read"
    case .unsupportedVersion(let version):
      "GGUF version \(version); only versions 2 and 3 are read"
    case .tooManyItems(let items, let count, let available):
      "the header claims \(count) \(items.rawValue); the \(available) bytes left have no room for them"
    case .endsEarly(let part, let available):
      "the file ends after \(available) bytes, in \(part): incomplete download?"
    case .headerTooLong(let part):
      "the header goes on beyond \(GGUFHeader.lengthLimit) bytes, in \(part); more are not allowed"
    case .outputHeaderTooLong(let length):
      "the header of the output would take \(length) bytes; at most "
        + "\(GGUFHeader.lengthLimit) are allowed"
    case .nameTooLong(let part, let length):
      "\(part): a name of \(length) bytes; at most \(GGUFHeader.nameLimit) are allowed"
    case .notUTF8(let part): "\(part): its name is not UTF-8"
    case .emptyKey(let index): "metadata pair \(index): its key is empty"
    case .duplicateKey(let key): "the metadata \(key) stands twice"
    case .unknownValueType(let key, let type): "the metadata \(key): unknown type of value \(type)"
    case .notBoolean(let key, let byte): "the metadata \(key): \(byte) is no boolean"
    case .arrayTooLong(let key, let count):
      "the metadata \(key): an array of \(count) elements is longer than the file"
    case .arrayTooDeep(let key):
      "the metadata \(key): arrays more than \(GGUFHeader.depthLimit) deep"
    case .malformedAlignment(let value):
      "\(GGUFHeader.alignmentKey) is \(value), not a power of two of type u32"
    case .duplicateTensor(let name): "tensor \(name) stands twice"
    case .rankTooHigh(let name, let rank):
      "tensor \(name): \(rank) axes; at most \(GGUFHeader.rankLimit) are allowed"
    case .sizeOverflow(let name): "tensor \(name): its shape is larger than any file"
    case .unknownType(let name, let id): "tensor \(name): unknown ggml type \(id)"
    case .notWholeBlocks(let name, let type, let length):
      "tensor \(name): a row of \(length) elements is no whole number of blocks of "
        + "\(type.blockLength), as \(type) has"
    case .misaligned(let name, let offset, let alignment):
      "tensor \(name): its offset \(offset) is no multiple of \(alignment)"
    case .overlap(let name, let start, let other, let end):
      "tensor \(name): begins at \(start), within tensor \(other), which ends at \(end)"
    case .hole(let name, let from, let to):
      "tensor \(name): begins at \(to), but nothing covers the bytes from \(from) on"
    case .trailingBytes(let count): "\(count) bytes follow the last tensor"
    case .truncated(let name, let end, let available):
      "tensor \(name): ends at byte \(end) of the data, the file has \(available) of them: "
        + "incomplete download?"
    }
  }
}

extension GGUFError.Part: CustomStringConvertible {
  /// What the part is, in a few words.
  public var description: String {
    switch self {
    case .start: "the header's start"
    case .pair(let index): "metadata pair \(index)"
    case .value(let key): "the metadata \(key)"
    case .tensor(let index): "the entry of tensor \(index)"
    }
  }
}
