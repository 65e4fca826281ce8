/// A tensor in an open file, or the floats that quantized tensors of one stand for.
struct StoredTensor: Sendable {
  let file: InputFile
  let descriptor: TensorDescriptor
  /// What of its blocks is decoded, where they are needed more than once.
  var decoded: DecodedBlocks?
  /// Where its elements come from.
  var origin = TensorOrigin.stored
}

/// Where the elements of a tensor come from.
indirect enum TensorOrigin: Sendable {
  /// They are in the file.
  case stored
  /// They are computed, and then the file has no place for them.
  case quantized(TensorDequantization)
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

  /// What the elements are computed from; nil where they are stored.
  var dequantization: TensorDequantization? {
    if case .quantized(let dequantization) = origin { dequantization } else { nil }
  }

  /// The bytes that it takes in its file, parameters of quantized ones left aside.
  var storedByteCount: Int { dequantization?.data.descriptor.byteCount ?? descriptor.byteCount }

  /// The bytes of a slab: about as many as wanted, of whole elements, and if they are not too many, of
  /// whole rows of blocks, so that few blocks are needed by two slabs.
  func slabByteCount(_ wanted: Int) -> Int {
    var unit = max(descriptor.dtype.bitWidth / 8, 1)
    if let row = blocks?.rowByteCount, row <= Self.rowsOfSlabLimit * wanted {
      unit = max(unit, row)
    }
    return max(wanted / unit, 1) * unit
  }

  /// How many times the bytes that are wanted a slab may take for the sake of whole rows of blocks.
  private static let rowsOfSlabLimit = 4

  /// Whether some block has to be decoded for two slabs of so many bytes.
  func decodesTwice(slabByteCount: Int) -> Bool {
    guard let blocks, !blocks.filters.isEmpty, slabByteCount < descriptor.byteCount
    else { return false }
    return !slabByteCount.isMultiple(of: blocks.rowByteCount)
  }

  /// The blocks, if it is stored in some.
  var blocks: BlockStorage? {
    guard case .encoded(let storage) = descriptor.storage else { return nil }
    return storage.blocks
  }
}

extension EncodedStorage {
  fileprivate var blocks: BlockStorage? {
    switch self {
    case .bigEndian(let storage, _): storage.blocks
    case .contiguous, .inline, .constant: nil
    case .blocks(let blocks): blocks
    }
  }
}

extension BlockStorage {
  fileprivate var rowByteCount: Int { rowLength * elementSize }
}
