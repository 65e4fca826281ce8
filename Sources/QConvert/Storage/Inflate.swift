import CZlib

/// What keeps bytes from being what a filter is said to have made of them.
enum FilterError: Error, Hashable, Sendable {
  /// No zlib stream, or a damaged one.
  case damagedStream
  /// A stream of another length than the block's.
  case wrongLength(expected: Int)
  case checksum(expected: UInt32, found: UInt32)
}

/// Inflates a zlib stream that fills a buffer exactly.
func inflate(
  _ stream: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
) throws(FilterError) {
  var written = uLongf(buffer.count)
  let result = unsafe uncompress(
    buffer.baseAddress?.assumingMemoryBound(to: Bytef.self), &written,
    stream.baseAddress?.assumingMemoryBound(to: Bytef.self), uLong(stream.count))
  // A buffer that is too small and a stream that ends early are told apart by nothing else.
  switch result {
  case Z_OK where Int(written) == buffer.count: return
  case Z_OK: throw .wrongLength(expected: buffer.count)
  case Z_BUF_ERROR where Int(written) == buffer.count: throw .wrongLength(expected: buffer.count)
  default: throw .damagedStream
  }
}
