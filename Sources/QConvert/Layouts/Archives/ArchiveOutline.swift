/// A zip archive without the bytes of its entries: its size, where they go, and everything else.
///
/// Entries are stored as they are, as Keras has it, so that any thread can write their bytes in any
/// order. The same entries give the same archive at any time: all have the date that stands for none.
struct ArchiveOutline: Sendable {
  /// A file in the archive.
  struct Entry: Sendable {
    let name: String
    let byteCount: Int
    /// The CRC-32 of the bytes; nil where it is not known yet.
    let checksum: UInt32?
  }

  /// Where the bytes of each entry go.
  private(set) var places: [Range<Int>] = []
  /// Where the checksums of each entry go that are not known yet: four bytes, the lowest first.
  private(set) var checksumOffsets: [[Int]] = []
  /// What is around the bytes of entries and those checksums, in order.
  private(set) var segments: [FileSegment] = []
  /// The size of the archive.
  private(set) var byteCount = 0

  init(_ entries: [Entry]) {
    for entry in entries {
      let start = append(ArchiveRecord(localHeaderOf: entry))
      checksumOffsets.append(start.map { [$0] } ?? [])
      places.append(byteCount..<byteCount + entry.byteCount)
      byteCount += entry.byteCount
    }
    let directoryStart = byteCount
    for (index, entry) in entries.enumerated() {
      let headerStart = places[index].lowerBound - ArchiveRecord(localHeaderOf: entry).bytes.count
      let offset = append(ArchiveRecord(directoryEntryOf: entry, at: headerStart))
      if let offset { checksumOffsets[index].append(offset) }
    }
    _ = append(
      ArchiveRecord(endOfDirectory: directoryStart..<byteCount, entryCount: entries.count))
  }

  /// Adds a record; returns the offset of its checksum if that is not known.
  private mutating func append(_ record: ArchiveRecord) -> Int? {
    let start = byteCount
    byteCount += record.bytes.count
    guard let gap = record.unknownChecksum else {
      segments.append(FileSegment(offset: start, bytes: record.bytes))
      return nil
    }
    segments.append(FileSegment(offset: start, bytes: Array(record.bytes[..<gap])))
    segments.append(
      FileSegment(offset: start + gap + 4, bytes: Array(record.bytes[(gap + 4)...])))
    return start + gap
  }
}
