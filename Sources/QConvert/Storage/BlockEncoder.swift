import CDeflate

/// A step of a block on its way into a file, with the settings of its filter.
enum BlockEncoding: Hashable, Sendable {
  /// The first bytes of all elements, then the second ones, and so on.
  case shuffle
  /// zlib; level 0 to 9.
  case deflate(level: Int)
  /// A checksum of four bytes behind the data.
  case fletcher32
}

/// Turns blocks into what is stored of them, with memory it uses again: one thread's at a time.
@safe
final class BlockEncoder {
  private let shuffled = Scratch<UInt8>()
  private let deflated = Scratch<UInt8>()
  private let checked = Scratch<UInt8>()
  private var deflater: Deflater?

  /// What is stored of a block, and the steps that were left out, a bit for each, the first the lowest.
  ///
  /// Deflating is left out where it does not make the block smaller. Every step is there once at most.
  func encode(
    _ block: UnsafeRawBufferPointer, _ steps: [BlockEncoding], elementSize: Int
  ) -> (bytes: UnsafeRawBufferPointer, skipped: UInt32) {
    var bytes = unsafe block
    var skipped: UInt32 = 0
    for (index, step) in steps.enumerated() {
      switch step {
      case .shuffle where elementSize == 1: break
      case .shuffle:
        let out = unsafe UnsafeMutableRawBufferPointer(shuffled.reserve(bytes.count))
        unsafe Self.shuffle(bytes, elementSize, into: out)
        unsafe bytes = UnsafeRawBufferPointer(out)
      case .deflate(let level):
        let out = unsafe UnsafeMutableRawBufferPointer(deflated.reserve(max(bytes.count - 1, 0)))
        if let count = unsafe deflater(level).deflate(bytes, into: out) {
          unsafe bytes = unsafe UnsafeRawBufferPointer(rebasing: out[..<count])
        } else {
          skipped |= 1 << UInt32(index)
        }
      case .fletcher32:
        let out = unsafe UnsafeMutableRawBufferPointer(checked.reserve(bytes.count + 4))
        unsafe out.copyMemory(from: bytes)
        unsafe out.storeBytes(
          of: Fletcher32.checksum(of: bytes).littleEndian, toByteOffset: bytes.count,
          as: UInt32.self)
        unsafe bytes = UnsafeRawBufferPointer(out)
      }
    }
    return unsafe (bytes, skipped)
  }

  private func deflater(_ level: Int) -> Deflater {
    if let deflater, deflater.level == level { return deflater }
    let new = Deflater(level: level)
    deflater = new
    return new
  }

  /// Puts the bytes of elements apart; what does not fill an element stands at the end.
  private static func shuffle(
    _ bytes: UnsafeRawBufferPointer, _ size: Int, into out: UnsafeMutableRawBufferPointer
  ) {
    let count = bytes.count / size
    for byte in 0..<size {
      let plane = byte * count
      var source = byte
      for element in 0..<count {
        unsafe out[plane + element] = unsafe bytes[source]
        source += size
      }
    }
    for rest in count * size..<bytes.count { unsafe out[rest] = unsafe bytes[rest] }
  }
}

/// A compressor of libdeflate.
@safe
private final class Deflater {
  let level: Int
  private let compressor: OpaquePointer

  init(level: Int) {
    guard let compressor = unsafe libdeflate_alloc_compressor(Int32(clamping: level)) else {
      preconditionFailure("no memory to deflate at level \(level)")
    }
    self.level = level
    unsafe self.compressor = unsafe compressor
  }

  deinit {
    unsafe libdeflate_free_compressor(compressor)
  }

  /// Writes a zlib stream and gives its length; nil where there is no room for it.
  func deflate(
    _ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
  ) -> Int? {
    let count = unsafe libdeflate_zlib_compress(
      compressor, bytes.baseAddress, bytes.count, out.baseAddress, out.count)
    return count > 0 ? count : nil
  }
}
