/// Turns stored blocks back into elements, with memory it uses again.
final class BlockDecoder {
  private let stored = Scratch<UInt8>()
  private let spare = Scratch<UInt8>()
  private let decoded = Scratch<UInt8>()

  /// The elements of a block of `byteCount` bytes, undoing the filters in the order opposite to theirs.
  func decode(
    _ block: BlockStorage.Block, _ filters: [BlockFilter], byteCount: Int, from file: InputFile
  ) throws -> UnsafeRawBufferPointer {
    var bytes = unsafe UnsafeMutableRawBufferPointer(stored.reserve(block.bytes.count))
    unsafe try file.read(into: bytes, at: block.bytes.lowerBound)
    var isInSpare = false
    for (index, filter) in filters.enumerated().reversed()
    where block.skippedFilters & 1 << UInt32(index) == 0 {
      switch filter {
      case .fletcher32:
        unsafe bytes = unsafe try Self.checked(bytes)
      case .deflate:
        // What was added before deflating is inflated with it.
        let before = filters[..<index].enumerated().count { index, filter in
          filter == .fletcher32 && block.skippedFilters & 1 << UInt32(index) == 0
        }
        let out = unsafe UnsafeMutableRawBufferPointer(
          (isInSpare ? decoded : spare).reserve(byteCount + 4 * before))
        isInSpare.toggle()
        unsafe try inflate(UnsafeRawBufferPointer(bytes), into: out)
        unsafe bytes = unsafe out
      case .shuffle(let size):
        let out = unsafe UnsafeMutableRawBufferPointer(
          (isInSpare ? decoded : spare).reserve(bytes.count))
        isInSpare.toggle()
        unsafe Self.unshuffle(UnsafeRawBufferPointer(bytes), size, into: out)
        unsafe bytes = unsafe out
      }
    }
    guard bytes.count == byteCount else { throw FilterError.wrongLength(expected: byteCount) }
    return UnsafeRawBufferPointer(bytes)
  }

  /// The data before a checksum that agrees with it.
  private static func checked(
    _ bytes: UnsafeMutableRawBufferPointer
  ) throws(FilterError) -> UnsafeMutableRawBufferPointer {
    guard bytes.count >= 4 else { throw .damagedStream }
    let data = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let expected = unsafe UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
    let found = unsafe fletcher32(UnsafeRawBufferPointer(data))
    guard found == expected || found.bytesSwappedInHalves == expected else {
      throw .checksum(expected: expected, found: found)
    }
    return unsafe data
  }

  /// Fletcher's checksum over 16-bit words, the high byte first, as HDF5 has it.
  static func fletcher32(_ data: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt32 = 0
    var high: UInt32 = 0
    var offset = 0
    let words = data.count / 2
    var word = 0
    while word < words {
      // So many sums fit in 32 bits.
      let end = min(word + 360, words)
      while word < end {
        unsafe low &+= UInt32(data[offset]) << 8 | UInt32(data[offset + 1])
        high &+= low
        offset += 2
        word += 1
      }
      low = (low & 0xffff) + (low >> 16)
      high = (high & 0xffff) + (high >> 16)
    }
    if data.count % 2 == 1 {
      unsafe low &+= UInt32(data[offset]) << 8
      high &+= low
      low = (low & 0xffff) + (low >> 16)
      high = (high & 0xffff) + (high >> 16)
    }
    low = (low & 0xffff) + (low >> 16)
    high = (high & 0xffff) + (high >> 16)
    return high << 16 | low
  }

  /// Puts the bytes of elements together again; what does not fill an element stands at the end.
  private static func unshuffle(
    _ bytes: UnsafeRawBufferPointer, _ size: Int, into out: UnsafeMutableRawBufferPointer
  ) {
    guard size > 1 else { return unsafe out.copyMemory(from: bytes) }
    let count = bytes.count / size
    for byte in 0..<size {
      let plane = byte * count
      var target = byte
      for element in 0..<count {
        unsafe out[target] = unsafe bytes[plane + element]
        target += size
      }
    }
    for rest in count * size..<bytes.count { unsafe out[rest] = unsafe bytes[rest] }
  }
}

extension UInt32 {
  /// The checksum as versions before 1.6.3 wrote it on little-endian machines.
  fileprivate var bytesSwappedInHalves: UInt32 {
    (self & 0x00ff_00ff) << 8 | (self & 0xff00_ff00) >> 8
  }
}
