public import SystemPackage

/// Reads elements of tensors in whatever form they are stored, row-major and little endian, with memory it
/// uses again.
final class TensorReader {
  private let blocks = BlockReader()

  /// Fills a buffer with bytes of the elements, counted from the first of the tensor; where elements have
  /// a form of their own, whole ones.
  func read(
    _ bytes: Range<Int>, of source: StoredTensor, into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    switch source.descriptor.storage {
    case .contiguous(let range):
      unsafe try source.file.read(into: buffer, at: range.lowerBound + bytes.lowerBound)
    case .encoded(let storage):
      do {
        unsafe try read(bytes, of: storage, source, into: buffer)
      } catch let error as FilterError {
        throw DatasetError(path: source.file.path, tensor: source.descriptor.name, reason: error)
      }
    }
  }

  private func read(
    _ bytes: Range<Int>, of storage: EncodedStorage, _ source: StoredTensor,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    switch storage {
    case .contiguous(let range):
      unsafe try source.file.read(into: buffer, at: range.lowerBound + bytes.lowerBound)
    case .inline(let values):
      unsafe values.withUnsafeBytes { values in
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: values[bytes]))
      }
    case .constant(let element):
      unsafe buffer.fill(repeating: element, from: bytes.lowerBound)
    case .blocks(let storage):
      unsafe try blocks.read(
        bytes, of: storage, in: source.file, decoded: source.decoded, into: buffer)
    case .bigEndian(let storage, let size):
      unsafe try read(bytes, of: storage, source, into: buffer)
      unsafe ByteOrder.reverse(buffer, elementSize: size)
    }
  }
}

/// Why the elements of a tensor cannot be read.
public struct DatasetError: Error, Sendable {
  /// The file.
  public let path: FilePath
  /// The tensor.
  public let tensor: TensorName
  /// What is wrong with one of its blocks.
  let reason: FilterError
}

extension DatasetError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    let what =
      switch reason {
      case .damagedStream: "a chunk is no zlib stream, or a damaged one"
      case .wrongLength(let expected): "a chunk does not inflate to its \(expected) bytes"
      case .trailingBytes(let count): "a chunk goes on for \(count) bytes behind its zlib stream"
      case .checksum(let expected, let found):
        "the checksum of a chunk is \(found), stored is \(expected)"
      }
    return "\(path): dataset \(tensor): \(what)"
  }
}
