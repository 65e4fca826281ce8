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
  private static let latest = Atomic<Int32>(0)

  /// The signal that stopped the tool; 0 when none did.
  static var received: Int32 { latest.load(ordering: .relaxed) }

  /// Makes the file size limit and a closed pipe errors instead of the end of the process, and keeps files
  /// from taking the place of a standard stream that the caller has closed.
  static func prepare() {
    while let descriptor = try? FileDescriptor.open(FilePath("/dev/null"), .readWrite) {
      if descriptor.rawValue > STDERR_FILENO {
        try? descriptor.close()
        break
      }
    }
    allowManyFiles()
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Takes what the system lets a process have: every shard of a model is open, and the usual 256 or 1024
  /// are fewer than large models have.
  private static func allowManyFiles() {
    #if canImport(Darwin)
    let resource = RLIMIT_NOFILE
    let most = rlim_t(OPEN_MAX)
    #else
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    let most = rlim_t(1 << 16)
    #endif
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, most))
    _ = unsafe setrlimit(resource, &limit)
  }

  /// Runs `body`; SIGINT, SIGTERM and SIGHUP cancel its progress. A second one ends the process.
  static func cancelling<Result>(
    _ progress: ConversionProgress, _ body: () throws -> Result
  ) rethrows -> Result {
    var undo: [() -> Void] = []
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let former = signal(number, SIG_IGN)
      // Whoever started the tool wants it to go on, as nohup does.
      if unsafe unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        continue
      }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        latest.store(number, ordering: .relaxed)
        progress.cancel()
        signal(number, SIG_DFL)
      }
      source.resume()
      undo.append {
        source.cancel()
        signal(number, former)
      }
    }
    defer { for undo in undo { undo() } }
    return try body()
  }
}
