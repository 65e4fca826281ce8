import CDeflate

/// Inflates zlib streams whose length is known, with memory it uses again.
@safe
final class Inflater {
  private let decompressor: OpaquePointer

  init() {
    guard let decompressor = unsafe libdeflate_alloc_decompressor() else {
      preconditionFailure("out of memory")
    }
    unsafe self.decompressor = decompressor
  }

  deinit {
    unsafe libdeflate_free_decompressor(decompressor)
  }

  /// Inflates a stream that is all there is and fills a buffer exactly.
  func inflate(
    _ stream: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FilterError) {
    var read = 0
    var written = 0
    let result = unsafe libdeflate_zlib_decompress_ex(
      decompressor, stream.baseAddress, stream.count, buffer.baseAddress, buffer.count, &read,
      &written)
    switch result {
    case LIBDEFLATE_SUCCESS where written != buffer.count, LIBDEFLATE_INSUFFICIENT_SPACE:
      throw .wrongLength(expected: buffer.count)
    case LIBDEFLATE_SUCCESS where read != stream.count:
      throw .trailingBytes(stream.count - read)
    case LIBDEFLATE_SUCCESS: return
    default: throw .damagedStream
    }
  }
}
