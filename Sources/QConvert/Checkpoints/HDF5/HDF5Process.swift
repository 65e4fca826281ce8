import Synchronization
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The process that walks a file, seen from outside.
struct HDF5Process {
  private static let starting = Mutex(())
  static let timeLimit = Duration.seconds(60)
  /// More than any process has to complain of.
  private static let errorLimit = 1 << 20
  /// Where a process finds a file that has no name.
  private static let unnamedFile = FileDescriptor(rawValue: 3)
  /// The names of variables that a process keeps: where its libraries are, and its language.
  private static let environment: Set<String> = [
    "PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
  ]

  /// Has an executable walk a file.
  ///
  /// - Throws: ``HDF5Error/indexerFailed(_:)``, or ``StorageError`` if it cannot be started.
  static func message(
    of file: InputFile, by executable: FilePath, timeLimit: Duration = timeLimit
  ) throws -> [UInt8] {
    var ends: [FileDescriptor] = []
    defer { for end in ends { try? end.close() } }
    // One start at a time: between the making of a pipe and its mark another process would inherit it.
    let started = starting.withLock { _ in
      Result { () throws(Errno) in
        for _ in 0..<2 { ends += try pipe() }
        return try HDF5Process(
          executable, file, output: ends[1], errors: ends[3], timeLimit)
      }
    }
    let process: HDF5Process
    do throws(Errno) {
      process = try started.get()
    } catch {
      throw StorageError.cannotOpen(executable, error)
    }
    // The process has its own; as long as these are open the pipes do not end.
    for end in [3, 1] { try? ends.remove(at: end).close() }
    return try process.finish(ends[0], ends[1])
  }

  /// A pipe that no process inherits by accident: the end to read from, the end to write to.
  private static func pipe() throws(Errno) -> [FileDescriptor] {
    do {
      let ends = try FileDescriptor.pipe()
      for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
      return [ends.readEnd, ends.writeEnd]
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  private let id: pid_t
  private let timeLimit: Duration
  private let deadline: ContinuousClock.Instant

  private init(
    _ executable: FilePath, _ file: InputFile, output: FileDescriptor, errors: FileDescriptor,
    _ timeLimit: Duration
  ) throws(Errno) {
    self.timeLimit = timeLimit
    deadline = .now + timeLimit
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
    let path = file.hasName ? file.path : InputFile.path(of: Self.unnamedFile)
    if !file.hasName {
      // Last: its number may be that of a pipe.
      unsafe posix_spawn_file_actions_adddup2(
        &actions, file.descriptor.rawValue, Self.unnamedFile.rawValue)
    }
    // A group of its own: what interrupts this process from a terminal is this process's to handle.
    #if canImport(Darwin)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
    let flags = POSIX_SPAWN_SETPGROUP
    #endif
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

    let arguments = [executable.string, HDF5Access.argument, path.string]
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    var variables: [UnsafeMutablePointer<CChar>?] = unsafe Self.variables.map { unsafe strdup($0) }
    unsafe words.append(nil)
    unsafe variables.append(nil)
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
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
    environment.sorted().compactMap { name in
      unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
    }
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
    guard let status else { throw .indexerFailed("no answer in \(timeLimit)") }
    let signal = status & 0x7f
    guard signal == 0 else { throw .indexerFailed(Self.describe(signal)) }
    let exit = status >> 8 & 0xff
    if exit == HDF5Service.libraryUnusable { throw .libraryUnusable }
    guard exit == 0 else { throw .indexerFailed("exit status \(exit)") }
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
      guard .now < deadline else { return (message, "no answer in \(timeLimit)") }
      guard unsafe poll(&ends, nfds_t(ends.count), 100) > 0 else { continue }
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
          guard errorCount <= Self.errorLimit else { return (message, "endless complaints") }
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
