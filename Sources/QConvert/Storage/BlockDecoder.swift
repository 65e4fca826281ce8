/// Turns stored blocks back into elements, with memory it uses again.
final class BlockDecoder {
  private let stored = Scratch<UInt8>()
  private let spare = Scratch<UInt8>()
  private lazy var inflater = Inflater()

  /// Gives the memory back until it is needed again.
  func release() {
    stored.release()
    spare.release()
  }

  /// Fills a buffer with the elements of a block, undoing its filters in the order opposite to theirs.
  func decode(
    _ block: BlockStorage.Block, _ filters: [BlockFilter], from file: InputFile,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    let steps = filters.indices.filter { block.skippedFilters & 1 << UInt32($0) == 0 }
    var bytes = unsafe UnsafeMutableRawBufferPointer(stored.reserve(block.bytes.count))
    unsafe try file.read(into: bytes, at: block.bytes.lowerBound)
    // Bytes go to and fro between two buffers, and into the target last.
    var isInSpare = false
    func room(_ count: Int, for step: Int) -> UnsafeMutableRawBufferPointer {
      if step == steps.first, count == target.count { return unsafe target }
      isInSpare.toggle()
      return unsafe UnsafeMutableRawBufferPointer((isInSpare ? spare : stored).reserve(count))
    }
    for step in steps.reversed() {
      switch filters[step] {
      case .fletcher32:
        unsafe bytes = unsafe try Self.checked(bytes)
      case .deflate:
        // What was added before deflating is inflated with it.
        let added = steps.count { $0 < step && filters[$0] == .fletcher32 }
        let out = unsafe room(target.count + 4 * added, for: step)
        unsafe try inflater.inflate(UnsafeRawBufferPointer(bytes), into: out)
        unsafe bytes = unsafe out
      case .shuffle(let size):
        let out = unsafe room(bytes.count, for: step)
        unsafe ByteOrder.unshuffle(UnsafeRawBufferPointer(bytes), elementSize: size, into: out)
        unsafe bytes = unsafe out
      }
    }
    guard bytes.count == target.count else {
      throw FilterError.wrongLength(expected: target.count)
    }
    if unsafe bytes.baseAddress != target.baseAddress {
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
  }

  /// The data before a checksum that agrees with it.
  private static func checked(
    _ bytes: UnsafeMutableRawBufferPointer
  ) throws(FilterError) -> UnsafeMutableRawBufferPointer {
    guard bytes.count >= 4 else { throw .damagedStream }
    let data = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let stored = unsafe UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
    unsafe try Fletcher32.check(UnsafeRawBufferPointer(data), against: stored)
    return unsafe data
  }
}
