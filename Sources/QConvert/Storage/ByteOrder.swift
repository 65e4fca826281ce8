/// The bytes of elements in another order. The loops are plain, so that they become vector code.
enum ByteOrder {
  /// Reverses the bytes of every element in place.
  static func reverse(_ bytes: UnsafeMutableRawBufferPointer, elementSize size: Int) {
    switch size {
    case 2: unsafe reverse(bytes, UInt16.self)
    case 4: unsafe reverse(bytes, UInt32.self)
    case 8: unsafe reverse(bytes, UInt64.self)
    default:
      for start in stride(from: 0, to: bytes.count - size + 1, by: size) {
        for offset in 0..<size / 2 {
          unsafe bytes.swapAt(start + offset, start + size - 1 - offset)
        }
      }
    }
  }

  private static func reverse<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeMutableRawBufferPointer, _: Word.Type
  ) {
    let size = MemoryLayout<Word>.size
    for index in 0..<bytes.count / size {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self)
      unsafe bytes.storeBytes(of: word.byteSwapped, toByteOffset: index * size, as: Word.self)
    }
  }

  /// Puts the bytes of elements together again that stand plane by plane: all first bytes, all second
  /// ones, and so on. What does not fill an element stands at the end. The buffers are of one size.
  static func unshuffle(
    _ planes: UnsafeRawBufferPointer, elementSize size: Int,
    into elements: UnsafeMutableRawBufferPointer
  ) {
    let count = planes.count / max(size, 1)
    switch size {
    case 2: unsafe unshuffle(planes, count, into: elements, UInt16.self)
    case 4: unsafe unshuffle(planes, count, into: elements, UInt32.self)
    case 8: unsafe unshuffle(planes, count, into: elements, UInt64.self)
    case 0, 1: return unsafe elements.copyMemory(from: planes)
    default:
      for byte in 0..<size {
        for element in 0..<count {
          unsafe elements[element * size + byte] = unsafe planes[byte * count + element]
        }
      }
    }
    for rest in count * size..<planes.count { unsafe elements[rest] = unsafe planes[rest] }
  }

  private static func unshuffle<Word: FixedWidthInteger & BitwiseCopyable>(
    _ planes: UnsafeRawBufferPointer, _ count: Int, into elements: UnsafeMutableRawBufferPointer,
    _: Word.Type
  ) {
    let size = MemoryLayout<Word>.size
    for index in 0..<count {
      var word: Word = 0
      for byte in 0..<size {
        word |= unsafe Word(planes[byte * count + index]) << Word(8 * byte)
      }
      unsafe elements.storeBytes(
        of: word.littleEndian, toByteOffset: index * size, as: Word.self)
    }
  }
}
