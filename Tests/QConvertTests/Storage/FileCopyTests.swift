import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

@Suite struct FileCopyTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test(arguments: [0, 1, 1 << 20, (5 << 20) + 3])
  func `a file is copied`(_ byteCount: Int) throws {
    var random = SeededGenerator(seed: UInt64(byteCount))
    let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let source = try directory.write(bytes, to: "source")
    let copy = directory.path("copy")
    try FileCopy.copy(source, byteCount: byteCount, to: copy, isDurable: true)
    #expect(try copy.fileBytes == bytes)
    #expect(try directory.contents == ["copy", "source"])
  }

  @Test(arguments: [0o755, 0o644, 0o600, 0o700, 0o400, 0o777, 0o4755])
  func `a copy has the permissions that the umask leaves`(_ mode: Int) throws {
    let source = try directory.write([1], to: "source")
    try source.setPermissions(mode)
    try FileCopy.copy(source, byteCount: 1, to: directory.path("copy"), isDurable: false)
    // The umask as a new directory shows it.
    try directory.path("plain").create()
    let allowed = try #require(directory.path("plain").permissions) & 0o777
    #expect(directory.path("copy").permissions == mode & allowed | 0o600)
  }

  @Test func `names beside a copy are not looked through, of which there may be very many`() throws
  {
    let source = try directory.write([1], to: "source")
    _ = try directory.write([1], to: ".copy.qconvert-1.tmp")
    try FileCopy.copy(source, byteCount: 1, to: directory.path("copy"), isDurable: false)
    #expect(try directory.contents == [".copy.qconvert-1.tmp", "copy", "source"])
  }

  @Test func `a file of another size than was listed is refused`() throws {
    let source = try directory.write([1, 2], to: "source")
    #expect {
      try FileCopy.copy(source, byteCount: 1, to: directory.path("copy"), isDurable: false)
    } throws: { "\($0)" == "\(source): the file changed while it was read" }
    #expect(try directory.contents == ["source"])
  }

  @Test func `an existing file is not replaced`() throws {
    let source = try directory.write([1], to: "source")
    let copy = try directory.write([2], to: "copy")
    #expect(throws: StorageError.self) {
      try FileCopy.copy(source, byteCount: 1, to: copy, isDurable: false)
    }
    #expect(try copy.fileBytes == [2])
    #expect(try directory.contents == ["copy", "source"])
  }
}
