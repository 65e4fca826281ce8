import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The process that walks a file, seen from outside.
struct HDF5Process {
  private static let timeLimit = Duration.seconds(60)
  /// Enough of standard error for a reason.
  private static let errorLimit = 4096
  /// The names of variables that a process keeps: where its libraries are, and its language.
  private static let environment: Set<String> = [
    "PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
  ]

  /// Has an executable walk a file.
  ///
  /// - Throws: `HDF5Error.indexerFailed`, or the `Errno` of a process that cannot be started.
  static func message(of path: FilePath, by executable: FilePath) throws -> [UInt8] {
    let (output, outputEnd) = try FileDescriptor.pipe()
    defer { try? output.close() }
    let (errors, errorEnd) = try FileDescriptor.pipe()
    defer { try? errors.close() }
    let process: HDF5Process
    do {
      defer {
        try? outputEnd.close()
        try? errorEnd.close()
      }
      for end in [output, errors] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
      process = try HDF5Process(
        executable, [HDF5Access.argument, path.string], output: outputEnd, errors: errorEnd)
    }
    return try process.finish(output, errors)
  }

  private let id: pid_t
  private let deadline: ContinuousClock.Instant

  private init(
    _ executable: FilePath, _ arguments: [String], output: FileDescriptor, errors: FileDescriptor
  ) throws(Errno) {
    deadline = .now + Self.timeLimit
    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #else
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.rawValue, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors.rawValue, STDERR_FILENO)
    // A group of its own: what interrupts this process from a terminal is this process's to handle.
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([executable.string] + arguments).map { unsafe strdup($0) }
    var variables: [UnsafeMutablePointer<CChar>?] = unsafe Self.variables.map { unsafe strdup($0) }
    unsafe words.append(nil)
    unsafe variables.append(nil)
    defer { for unsafe word in unsafe words + variables { unsafe free(word) } }
    var id: pid_t = 0
    let code = unsafe executable.withPlatformString {
      unsafe posix_spawn(&id, $0, &actions, &attributes, words, variables)
    }
    guard code == 0 else { throw Errno(rawValue: code) }
    self.id = id
  }

  /// The environment of a process: nothing in it changes what libhdf5 does, but that file systems without
  /// locks are no obstacle.
  private static var variables: [String] {
    environment.sorted().compactMap { name in unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" } }
      + ["HDF5_USE_FILE_LOCKING=BEST_EFFORT", "SWIFT_BACKTRACE=enable=no"]
  }

  /// Takes what the process writes, waits for its end and judges that.
  private func finish(_ output: FileDescriptor, _ errors: FileDescriptor) throws(HDF5Error)
    -> [UInt8]
  {
    let (message, reason) = drain(output, errors)
    if reason != nil { kill(id, SIGKILL) }
    let status = wait()
    if let reason { throw .indexerFailed(reason) }
    guard let status else { throw .indexerFailed("no answer in \(Self.timeLimit)") }
    let signal = status & 0x7f
    guard signal == 0 else { throw .indexerFailed(Self.describe(signal)) }
    guard status == 0 else { throw .indexerFailed("exit status \(status >> 8 & 0xff)") }
    return message
  }

  /// What the process writes, until it has closed both pipes; or the reason to end it.
  private func drain(
    _ output: FileDescriptor, _ errors: FileDescriptor
  ) -> (message: [UInt8], reason: String?) {
    var message: [UInt8] = []
    var errorCount = 0
    var ends = [output, errors].map {
      pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while ends.contains(where: { $0.fd >= 0 }) {
      let rest = deadline - .now
      guard rest > .zero else { return (message, "no answer in \(Self.timeLimit)") }
      let milliseconds = Int32(clamping: rest / .milliseconds(1) < 1000 ? 100 : 1000)
      guard unsafe poll(&ends, nfds_t(ends.count), milliseconds) > 0 else { continue }
      for index in ends.indices where ends[index].fd >= 0 && ends[index].revents != 0 {
        let count = unsafe read(ends[index].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          // A negative descriptor is passed over.
          ends[index].fd = -1
          continue
        }
        if index == 0 {
          message += buffer[..<count]
          // The last record of a message may reach beyond its limit.
          guard message.count <= 2 * HDF5Message.limit else { return (message, "endless answer") }
        } else {
          errorCount += count
          guard errorCount <= 1 << 20 else { return (message, "endless complaints") }
        }
      }
    }
    return (message, nil)
  }

  /// Waits for the end of the process, which is killed at the deadline; nil if it was.
  private func wait() -> Int32? {
    var status: Int32 = 0
    var isKilled = false
    while true {
      let result = unsafe waitpid(id, &status, isKilled ? 0 : WNOHANG)
      if result == id { return isKilled ? nil : status }
      // Somebody else has waited for it, or nobody has to; whether the message is whole shows.
      if result < 0, errno != EINTR { return isKilled ? nil : 0 }
      if result == 0 {
        if deadline < .now {
          kill(id, SIGKILL)
          isKilled = true
        } else {
          usleep(500)
        }
      }
    }
  }

  private static func describe(_ signal: Int32) -> String {
    switch signal {
    case SIGXCPU, SIGKILL: "signal \(signal): took too long"
    default: "signal \(signal)"
    }
  }
}
