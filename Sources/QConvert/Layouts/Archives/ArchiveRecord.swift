/// A record of a zip archive (APPNOTE.TXT 6.3.10), with 64-bit fields only where 32 bits do not do.
struct ArchiveRecord {
  private(set) var bytes: [UInt8] = []
  /// Where the checksum stands, if it is not known.
  private(set) var unknownChecksum: Int?

  /// The value of a 32-bit field whose value is in a 64-bit field.
  private static let elsewhere: UInt32 = .max
  /// Directories of this version and later may have 64-bit fields.
  private static let version64: UInt16 = 45
  /// 1980-01-01, the first day there is.
  private static let date: UInt16 = 1 << 5 | 1

  /// The header in front of the bytes of an entry.
  init(localHeaderOf entry: ArchiveOutline.Entry) {
    let isLarge = Self.isLarge(entry.byteCount)
    append32(0x0403_4b50)
    append(entry, needsVersion64: isLarge)
    append16(UInt16(truncatingIfNeeded: entry.name.utf8.count))
    append16(isLarge ? 20 : 0)
    bytes += entry.name.utf8
    if isLarge { append64Fields([entry.byteCount, entry.byteCount]) }
  }

  /// The entry of the directory for one whose header is at an offset.
  init(directoryEntryOf entry: ArchiveOutline.Entry, at offset: Int) {
    var fields = Self.isLarge(entry.byteCount) ? [entry.byteCount, entry.byteCount] : []
    if Self.isLarge(offset) { fields.append(offset) }
    append32(0x0201_4b50)
    // Made on Unix.
    append16(3 << 8 | Self.version64)
    append(entry, needsVersion64: !fields.isEmpty)
    append16(UInt16(truncatingIfNeeded: entry.name.utf8.count))
    append16(fields.isEmpty ? 0 : UInt16(4 + 8 * fields.count))
    // No comment, the first disk, no text; a regular file for its owner to write.
    for _ in 0..<3 { append16(0) }
    append32(0o100_644 << 16)
    append32(Self.clamped(offset))
    bytes += entry.name.utf8
    if !fields.isEmpty { append64Fields(fields) }
  }

  /// What ends an archive whose directory is there.
  init(endOfDirectory directory: Range<Int>, entryCount: Int) {
    let isLarge =
      Self.isLarge(directory.lowerBound) || Self.isLarge(directory.count)
      || entryCount >= Int(UInt16.max)
    if isLarge {
      append32(0x0606_4b50)
      append64(44)
      append16(3 << 8 | Self.version64)
      append16(Self.version64)
      append32(0)
      append32(0)
      for value in [entryCount, entryCount, directory.count, directory.lowerBound] {
        append64(value)
      }
      append32(0x0706_4b50)
      append32(0)
      append64(directory.upperBound)
      append32(1)
    }
    let count = UInt16(clamping: entryCount)
    append32(0x0605_4b50)
    append16(0)
    append16(0)
    append16(count)
    append16(count)
    append32(Self.clamped(directory.count))
    append32(Self.clamped(directory.lowerBound))
    append16(0)
  }

  /// The fields that headers and the directory share.
  private mutating func append(_ entry: ArchiveOutline.Entry, needsVersion64: Bool) {
    append16(needsVersion64 ? Self.version64 : 20)
    // The name is UTF-8; that of ASCII needs no mark.
    append16(entry.name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11)
    // Stored, at midnight.
    append16(0)
    append16(0)
    append16(Self.date)
    if entry.checksum == nil { unknownChecksum = bytes.count }
    append32(entry.checksum ?? 0)
    append32(Self.clamped(entry.byteCount))
    append32(Self.clamped(entry.byteCount))
  }

  private mutating func append64Fields(_ values: [Int]) {
    append16(1)
    append16(UInt16(8 * values.count))
    for value in values { append64(value) }
  }

  private static func isLarge(_ value: Int) -> Bool { value >= Int(elsewhere) }

  private static func clamped(_ value: Int) -> UInt32 { UInt32(clamping: value) }

  private mutating func append16(_ value: UInt16) { bytes += value.littleEndianBytes }

  private mutating func append32(_ value: UInt32) { bytes += value.littleEndianBytes }

  private mutating func append64(_ value: Int) { bytes += UInt64(value).littleEndianBytes }
}
