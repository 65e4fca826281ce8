/// What keeps bytes from being what a filter is said to have made of them.
enum FilterError: Error, Hashable, Sendable {
  /// No zlib stream, or a damaged one, perhaps cut short.
  case damagedStream
  /// A sound stream of another length than the block's.
  case wrongLength(expected: Int)
  /// Bytes behind the end of a stream.
  case trailingBytes(Int)
  case checksum(expected: UInt32, found: UInt32)
}
