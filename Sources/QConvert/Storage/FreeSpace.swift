import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The room that is left where an output goes.
enum FreeSpace {
  /// Demands room for `needed` bytes where the output is to appear; file systems that do not tell
  /// how much they have pass.
  static func check(for output: FilePath, needed: Int) throws(StorageError) {
    guard let available = available(for: output.withoutLinks ?? output), available < needed
    else { return }
    throw .notEnoughSpace(output, needed: needed, available: available)
  }

  /// The bytes that are free where a path would be created; nil where nobody knows.
  private static func available(for path: FilePath) -> Int? {
    var place = path
    while true {
      var status = statvfs()
      let result = unsafe place.withPlatformString { unsafe statvfs($0, &status) }
      if result == 0 { return available(status) }
      guard place.lastComponent != nil, place != "." else { return nil }
      place = place.parent
    }
  }

  private static func available(_ status: statvfs) -> Int? {
    guard status.f_blocks > 0 else { return nil }
    let (bytes, overflow) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : Int(clamping: bytes)
  }
}
