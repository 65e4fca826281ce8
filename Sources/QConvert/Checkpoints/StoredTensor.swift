/// A tensor in an open file.
struct StoredTensor: Sendable {
  let file: InputFile
  let descriptor: TensorDescriptor
}

extension StoredTensor {
  /// Bytes of the elements, counted from the first of the tensor.
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    if case .contiguous(let bytes) = descriptor.storage {
      return try file.bytes(
        bytes.lowerBound + range.lowerBound..<bytes.lowerBound + range.upperBound)
    }
    let reader = TensorReader()
    return unsafe try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      unsafe try reader.read(range, of: self, into: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
  }

  /// What a slab should hold a multiple of, in elements, so that little is read twice.
  var preferredLength: Int {
    guard case .encoded(let storage) = descriptor.storage else { return 1 }
    return storage.preferredLength
  }
}

extension EncodedStorage {
  fileprivate var preferredLength: Int {
    switch self {
    case .bigEndian(let storage, _): storage.preferredLength
    case .contiguous, .inline, .constant: 1
    case .blocks(let blocks): blocks.rowLength
    }
  }
}
