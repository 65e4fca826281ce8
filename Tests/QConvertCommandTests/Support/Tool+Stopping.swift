import Foundation

extension Tool.Running {
  /// Lets it work for two milliseconds at a time until something holds, and leaves it at rest; false
  /// when it has ended before.
  func rest(when condition: () throws -> Bool) rethrows -> Bool {
    while process.isRunning {
      send(SIGSTOP)
      if try condition() { return process.isRunning }
      send(SIGCONT)
      usleep(2000)
    }
    return false
  }

  /// Lets it go on.
  func wake() { send(SIGCONT) }

  /// Sends a signal to it, which wakes it up.
  func end(by signal: Int32) -> Tool.Result {
    send(signal)
    send(SIGCONT)
    return finish()
  }

  private func send(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }
}
