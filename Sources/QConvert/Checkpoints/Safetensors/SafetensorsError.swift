/// Which rule of the safetensors format a file breaks.
///
/// Offsets in `overlap`, `hole` and `sizeMismatch` count from the start of the data, as in the header.
public enum SafetensorsError: Error, Hashable, Sendable {
  case tooShort(byteCount: Int)
  case headerTooLong(UInt64)
  case outputHeaderTooLong(Int)
  case headerPastEnd(length: Int, available: Int)
  case emptyHeader
  case headerNotAnObject
  case metadataNotAnObject
  case notAnEntry(TensorName)
  case missingField(String, TensorName)
  case malformedField(String, TensorName)
  case duplicateField(TensorName, TensorName)
  case unknownDType(TensorName, TensorName)
  case metadataNotText(TensorName)
  case rankTooHigh(TensorName, Int)
  case sizeOverflow(String, TensorName)
  case notWholeBytes(TensorName, bits: Int)
  case reversedOffsets(TensorName, Int, Int)
  case sizeMismatch(TensorName, DType, shape: [Int], needed: Int, offsets: Range<Int>)
  case overlap(TensorName, start: Int, TensorName, end: Int)
  case hole(before: TensorName, from: Int, to: Int)
  case truncated(expected: Int, available: Int, last: TensorName)
  case trailingBytes(Int)
}

extension SafetensorsError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .tooShort(let byteCount):
      "\(byteCount) bytes are too few for a safetensors file, whose header takes 8 at least"
    case .headerTooLong(let length):
      "the header claims \(length) bytes; at most \(SafetensorsHeader.lengthLimit) are allowed: "
        + "not a safetensors file?"
    case .outputHeaderTooLong(let length):
      "the header of the output would take \(length) bytes; at most "
        + "\(SafetensorsHeader.lengthLimit) are allowed"
    case .headerPastEnd(let length, let available):
      "the header claims \(length) bytes, the file has \(available) left: incomplete download?"
    case .emptyHeader: "the header claims 0 bytes: a file that was never filled?"
    case .headerNotAnObject: "the header is not a JSON object"
    case .metadataNotAnObject: "__metadata__ is not a JSON object"
    case .notAnEntry(let name): "tensor \(name): its entry is not a JSON object"
    case .missingField(let field, let name): "tensor \(name): no \(field)"
    case .malformedField(let field, let name):
      switch field {
      case "dtype": "tensor \(name): its dtype is not a string"
      case "shape": "tensor \(name): its shape is not a list of whole numbers >= 0"
      default: "tensor \(name): its \(field) are not two whole numbers >= 0"
      }
    case .duplicateField(let field, let name): "tensor \(name): \"\(field)\" stands twice"
    case .unknownDType(let dtype, let name): "tensor \(name): unknown dtype \"\(dtype)\""
    case .metadataNotText(let name): "the metadata \"\(name)\" is not a string"
    case .rankTooHigh(let name, let rank):
      "tensor \(name): \(rank) axes; at most \(SafetensorsHeader.rankLimit) are allowed"
    case .sizeOverflow(let field, let name):
      "tensor \(name): its \(field) \(field == "shape" ? "is" : "are") larger than any file"
    case .notWholeBytes(let name, let bits): "tensor \(name): \(bits) bits are not whole bytes"
    case .reversedOffsets(let name, let begin, let end):
      "tensor \(name): begins at \(begin) and ends before that, at \(end)"
    case .sizeMismatch(let name, let dtype, let shape, let needed, let offsets):
      "tensor \(name): \(dtype) \(shape) takes \(needed) bytes, its data_offsets "
        + "[\(offsets.lowerBound), \(offsets.upperBound)] hold \(offsets.count)"
    case .overlap(let name, let start, let other, let end):
      "tensor \(name): begins at \(start), within tensor \(other), which ends at \(end)"
    case .hole(let name, let from, let to):
      "tensor \(name): begins at \(to), but nothing covers the bytes from \(from) on"
    case .truncated(let expected, let available, let last):
      "the file has \(available) bytes, tensor \(last) ends at byte \(expected): "
        + "incomplete download?"
    case .trailingBytes(let count):
      "\(count) \(count == 1 ? "byte follows" : "bytes follow") the last tensor"
    }
  }
}
