/// Fletcher's checksum over 16-bit words, the high byte first, as HDF5 has it.
enum Fletcher32 {
  private typealias Words = SIMD16<UInt16>
  private typealias Sums = SIMD16<UInt32>

  /// The checksum of some bytes; one that is left over counts as the high byte of a word.
  static func checksum(of data: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var offset = 0
    let width = Words.scalarCount
    while offset + 2 * width <= data.count {
      // So many sums of sums fit in 32 bits.
      let rounds = min((data.count - offset) / (2 * width), 360)
      // Every lane by itself: the words of a lane, and how often each counts.
      var once = Sums.zero
      var often = Sums.zero
      for _ in 0..<rounds {
        let words = unsafe data.loadUnaligned(fromByteOffset: offset, as: Words.self)
        once &+= Sums(truncatingIfNeeded: words &<< 8 | words &>> 8)
        often &+= once
        offset += 2 * width
      }
      // A word counts once for itself and for each that follows; the lanes differ by their place.
      high += UInt64(rounds * width) * low
      for lane in 0..<width {
        high += UInt64(width) * UInt64(often[lane]) - UInt64(lane) * UInt64(once[lane])
        low += UInt64(once[lane])
      }
      (low, high) = (folded(low), folded(high))
    }
    while offset < data.count {
      let second = unsafe offset + 1 < data.count ? UInt64(data[offset + 1]) : 0
      unsafe low += UInt64(data[offset]) << 8 | second
      high += low
      offset += 2
    }
    return UInt32(folded(high)) << 16 | UInt32(folded(low))
  }

  /// Whether a stored checksum is that of some bytes; gives the right one if not.
  ///
  /// Versions before 1.6.3 swapped the bytes of its halves on little-endian machines.
  static func check(
    _ data: UnsafeRawBufferPointer, against stored: UInt32
  ) throws(FilterError) {
    let found = unsafe checksum(of: data)
    let swapped = (found & 0x00ff_00ff) << 8 | (found & 0xff00_ff00) >> 8
    guard found == stored || swapped == stored else {
      throw .checksum(expected: stored, found: found)
    }
  }

  /// A sum modulo 65535, which is 0 only where the sum is.
  private static func folded(_ sum: UInt64) -> UInt64 {
    sum == 0 ? 0 : (sum - 1) % 0xffff + 1
  }
}
