import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Lays archives out; libzip says what came out.
@Suite struct ArchiveOutlineTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Writes what is around the entries into a file that is empty elsewhere.
  private func entries(_ outline: ArchiveOutline) throws -> [ArchiveEntry] {
    let path = directory.path("a.zip")
    let file = try OutputFile(path, byteCount: 0, overwrite: true, isDurable: false)
    try file.write(outline.segments.map { FileSegment(offset: $0.offset, bytes: $0.bytes) })
    try file.commit()
    return try ZipReader(InputFile(path)).entries()
  }

  private static let fourGiB = 1 << 32

  @Test(arguments: [
    [], [0], [1, 0, 100], [fourGiB - 2], [fourGiB - 1], [fourGiB], [5, fourGiB + 7, 3, 4],
    [fourGiB / 2, fourGiB / 2, 9],
  ])
  func `libzip finds the entries with their sizes`(_ sizes: [Int]) throws {
    let outline = ArchiveOutline(
      sizes.enumerated().map { place, size in
        .init(name: "größe \(place)", byteCount: size, checksum: UInt32(place + 7))
      })
    let found = try entries(outline)
    #expect(found.map { Int($0.byteCount) } == sizes)
    #expect(found.map { Int($0.storedByteCount) } == sizes)
    #expect(found.map(\.name.string) == sizes.indices.map { "größe \($0)" })
    #expect(found.map(\.checksum) == sizes.indices.map { UInt32($0 + 7) })
    #expect(found.allSatisfy { $0.method == .stored && !$0.isEncrypted })
    #expect(outline.places.map(\.count) == sizes)
    #expect(outline.segments.map(\.bytes.count).reduce(sizes.reduce(0, +), +) == outline.byteCount)
  }

  @Test func `an entry whose checksum comes later is read with it`() throws {
    let bytes = Array("a few bytes, ä".utf8)
    let outline = ArchiveOutline([
      .init(name: "first", byteCount: 2, checksum: Checksum(of: [1, 2]).value),
      .init(name: "later", byteCount: bytes.count, checksum: nil),
    ])
    let path = directory.path("a.zip")
    let file = try OutputFile(
      path, byteCount: outline.byteCount, overwrite: false, isDurable: false)
    try file.write(outline.segments.map { FileSegment(offset: $0.offset, bytes: $0.bytes) })
    try file.write([
      FileSegment(offset: outline.places[0].lowerBound, bytes: [1, 2]),
      FileSegment(offset: outline.places[1].lowerBound, bytes: bytes),
    ])
    let checksum = try file.checksum(of: outline.places[1])
    #expect(outline.checksumOffsets.map(\.count) == [0, 2])
    try file.write(
      outline.checksumOffsets[1].map { FileSegment(offset: $0, bytes: checksum.bytes) })
    try file.commit()
    let reader = try ZipReader(InputFile(path))
    var read: [UInt8] = []
    for entry in try reader.entries() {
      unsafe try reader.read(entry) { bytes in unsafe read.append(contentsOf: bytes) }
    }
    #expect(read == [1, 2] + bytes)
  }

  /// The value that the definition of CRC-32 gives as its check.
  @Test func `the checksum is that of zip archives`() {
    #expect(Checksum(of: Array("123456789".utf8)).value == 0xcbf4_3926)
    #expect(Checksum().value == 0)
  }
}
