/// Bytes of a file that are known before the others: a header, or what is around the values of datasets.
struct FileSegment: Hashable, Sendable {
  let offset: Int
  let bytes: [UInt8]
}
