import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

@Suite struct FreeSpaceTests {
  @Test(arguments: ["", "new", "new/and/deeper"])
  func `too little room is reported with both sizes`(_ name: String) throws {
    let directory = try TemporaryDirectory()
    let output = directory.path("").appending(name)
    try FreeSpace.check(for: output, needed: 1)
    let error = try #require(throws: StorageError.self) {
      try FreeSpace.check(for: output, needed: .max)
    }
    guard case .notEnoughSpace(_, let needed, let available) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(needed == .max)
    #expect("\(error)" == "\(output): \(Int.max) bytes are needed, \(available) are free")
    let attributes = try FileManager.default.attributesOfFileSystem(forPath: directory.url.path())
    let size = try #require((attributes[.systemSize] as? NSNumber)?.intValue)
    #expect(0 < available && available <= size)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
  func `a file system that does not tell passes`() {
    #expect(throws: Never.self) {
      try FreeSpace.check(for: "/proc/self/out", needed: .max)
    }
  }
}
