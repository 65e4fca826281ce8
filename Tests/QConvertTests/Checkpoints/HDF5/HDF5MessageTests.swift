import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Checks what a walker says that lies or has lost its way.
@Suite struct HDF5MessageTests {
  private static func message(_ file: String) throws -> (bytes: [UInt8], fileByteCount: Int) {
    let file = try InputFile(Fixtures.hdf5.appending("\(file).h5"))
    return (try HDF5Indexer.message(of: file.path), file.byteCount)
  }

  @Test(arguments: ["storage", "attributes"])
  func `a message that ends early or late is refused`(_ file: String) throws {
    let (message, fileByteCount) = try Self.message(file)
    _ = try HDF5Index(parsing: message, fileByteCount: fileByteCount)
    for count in stride(from: 0, to: message.count, by: 5) {
      #expect(throws: HDF5Error.self) {
        try HDF5Index(parsing: Array(message.prefix(count)), fileByteCount: fileByteCount)
      }
    }
    #expect(throws: HDF5Error.self) {
      try HDF5Index(parsing: message + [0], fileByteCount: fileByteCount)
    }
  }

  @Test(arguments: ["storage", "attributes", "types", "filters", "user_block"])
  func `no number traps, wherever it stands`(_ file: String) throws {
    let (message, fileByteCount) = try Self.message(file)
    let numbers: [UInt64] = [
      0, 1, 7, 1 << 16, 1 << 31, 1 << 32, 1 << 47, 1 << 61, .max >> 1, .max >> 1 + 1, .max - 1,
      .max,
    ]
    var refused = 0
    // Texts put some numbers at odd places.
    for start in stride(from: 0, to: message.count - 8, by: 5) {
      for number in numbers {
        var changed = message
        for index in 0..<8 {
          changed[start + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
        }
        do {
          let index = try HDF5Index(parsing: changed, fileByteCount: fileByteCount)
          for case .contiguous(let offset, let byteCount) in index.datasets.map(\.storage) {
            #expect(offset >= 0 && byteCount >= 0 && offset + byteCount <= fileByteCount)
          }
        } catch {
          refused += 1
        }
      }
    }
    #expect(refused > message.count / 3)
  }

  @Test func `a file that is shorter than its data is refused`() throws {
    let (message, fileByteCount) = try Self.message("storage")
    let index = try HDF5Index(parsing: message, fileByteCount: fileByteCount)
    let ends = index.datasets.flatMap { dataset -> [Int] in
      switch dataset.storage {
      case .contiguous(let offset, let byteCount): [offset + byteCount]
      case .chunked(_, let chunks): chunks.map { $0.offset + $0.byteCount }
      default: []
      }
    }
    let end = try #require(ends.max())
    _ = try HDF5Index(parsing: message, fileByteCount: end)
    #expect(throws: HDF5Error.self) { try HDF5Index(parsing: message, fileByteCount: end - 1) }
  }

  @Test func `a file that was replaced is not taken for the one that was opened`() throws {
    let (message, fileByteCount) = try Self.message("storage")
    let other = try InputFile(Fixtures.hdf5.appending("types.h5"))
    #expect(throws: HDF5Error.otherFile) {
      try HDF5Index(parsing: message, fileByteCount: fileByteCount, identity: other.identity)
    }
  }
}
