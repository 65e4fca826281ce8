import Dispatch
import QConvert
import Synchronization
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the tool does when it is told to stop.
enum Signals {
  private static let terminated = Atomic<Bool>(false)

  /// Whether it was SIGTERM that stopped the tool.
  static var wasTerminated: Bool { terminated.load(ordering: .relaxed) }

  /// Makes a full disk quota and a closed pipe errors instead of the end of the process, and keeps files
  /// from taking the place of a standard stream that the caller has closed.
  static func prepare() {
    while let descriptor = try? FileDescriptor.open(FilePath("/dev/null"), .readWrite) {
      if descriptor.rawValue > STDERR_FILENO {
        try? descriptor.close()
        break
      }
    }
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Runs `body`; SIGINT, SIGTERM and SIGHUP cancel its progress. A second one ends the process.
  static func cancelling<Result>(
    _ progress: ConversionProgress, _ body: () throws -> Result
  ) rethrows -> Result {
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if number == SIGTERM { terminated.store(true, ordering: .relaxed) }
        progress.cancel()
        signal(number, SIG_DFL)
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    return try body()
  }
}
