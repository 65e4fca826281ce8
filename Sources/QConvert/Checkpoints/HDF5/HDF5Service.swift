import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The work of the process that walks a file: it bounds itself, walks, and writes what it met.
enum HDF5Service {
  private static let memoryLimit = 2 << 30
  private static let secondsLimit = 30
  /// What any file is given, and the bytes of a file for each further second.
  private static let leastSeconds = 5
  private static let bytesPerSecond = 1 << 18

  /// The status that says `HDF5Error.libraryUnusable`.
  static let libraryUnusable: Int32 = 2

  /// Returns the status to exit with: 0 if the message was written, whatever it says.
  static func run(_ path: FilePath) -> Int32 {
    setLimits(seconds: seconds(for: path))
    do {
      let message = try HDF5Indexer.message(of: path)
      try FileDescriptor.standardOutput.writeAll(message)
      return 0
    } catch HDF5Error.libraryUnusable {
      return libraryUnusable
    } catch {
      return 1
    }
  }

  /// The processor time for a file: the structure of a small one is soon walked, unless it leads libhdf5
  /// in circles.
  private static func seconds(for path: FilePath) -> Int {
    let byteCount = (try? FileIdentity(at: path))?.byteCount ?? 0
    return min(leastSeconds + byteCount / bytesPerSecond, secondsLimit)
  }

  /// Bounds memory, processor time, written files and core dumps; a limit that cannot be set is none.
  private static func setLimits(seconds: Int) {
    #if canImport(Darwin)
    let resources = [
      (RLIMIT_AS, memoryLimit), (RLIMIT_CPU, seconds), (RLIMIT_FSIZE, 0), (RLIMIT_CORE, 0),
    ]
    #else
    let resources = [
      (RLIMIT_AS.number, memoryLimit), (RLIMIT_CPU.number, seconds),
      (RLIMIT_FSIZE.number, 0), (RLIMIT_CORE.number, 0),
    ]
    #endif
    for (resource, value) in resources {
      var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
      _ = unsafe setrlimit(resource, &limit)
    }
  }
}

#if canImport(Glibc)
extension __rlimit_resource {
  fileprivate var number: __rlimit_resource_t { __rlimit_resource_t(rawValue) }
}
#endif
