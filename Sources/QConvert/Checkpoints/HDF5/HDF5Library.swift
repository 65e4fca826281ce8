import CHDF5
import Synchronization

/// The one way into libhdf5: one caller at a time, no plugins, no messages on standard error.
///
/// Homebrew's library is not thread-safe, so every call is made within ``run(_:)``.
enum HDF5Library {
  private static let lock = Mutex(())

  /// Runs what calls the library; settings of the process that it changes are put back.
  static func run<Value: Sendable>(
    _ body: () throws(HDF5Error) -> Value
  ) throws(HDF5Error) -> Value {
    let result: Result<Value, HDF5Error> = lock.withLock { _ in
      var settings = unsafe qc_h5_settings()
      guard unsafe qc_h5_enter(&settings) else { return .failure(.libraryUnusable) }
      defer { unsafe qc_h5_leave(&settings) }
      do throws(HDF5Error) {
        return .success(try body())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The version that the program was built for: major and minor number.
  static var wantedVersion: String { "\(H5_VERS_MAJOR).\(H5_VERS_MINOR)" }

  /// The version of the library that is loaded.
  static var version: (major: Int, minor: Int) {
    let version = qc_h5_version()
    return (Int(version >> 16), Int(version >> 8 & 0xff))
  }

  /// What the library says of its last failure.
  static func message() -> [UInt8] {
    var text = [CChar](repeating: 0, count: 256)
    unsafe qc_h5_message(&text)
    return text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
  }
}
