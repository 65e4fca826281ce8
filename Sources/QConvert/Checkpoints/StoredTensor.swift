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

  /// The bytes of a slab: about as many as wanted, of whole elements, and of whole rows of blocks, so that
  /// few blocks are decoded twice.
  func slabByteCount(_ wanted: Int) -> Int {
    var unit = max(descriptor.dtype.bitWidth / 8, 1)
    if case .encoded(let storage) = descriptor.storage { unit = max(unit, storage.rowByteCount) }
    return max(wanted / unit, 1) * unit
  }
}

extension EncodedStorage {
  /// The bytes that whole blocks hold side by side.
  fileprivate var rowByteCount: Int {
    switch self {
    case .bigEndian(let storage, _): storage.rowByteCount
    case .contiguous, .inline, .constant: 1
    case .blocks(let blocks): blocks.rowLength * blocks.elementSize
    }
  }
}
