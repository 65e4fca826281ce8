import Foundation
import SystemPackage

/// A conversion of a directory that is stopped at work.
struct StoppedWork {
  let model: FilePath
  let output: FilePath

  /// Where the output comes into being.
  var staging: FilePath {
    output.removingLastComponent().appending(".\(output.lastComponent?.string ?? "").qconvert")
  }
  var contents: FilePath { staging.appending("contents") }

  /// The shards that the journal says are finished.
  var finishedShards: [String] {
    get throws {
      let journal = staging.appending("journal")
      guard contents.exists, journal.exists else { return [] }
      return try journal.bytes.split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
      )
      .dropLast().compactMap { try Data($0).json["finished"] as? String }
    }
  }

  /// Converts with one worker.
  func run(_ options: String...) throws -> Tool.Result {
    try Tool.run(arguments(options))
  }

  /// Starts to convert, with one worker.
  func start(_ options: [String] = []) throws -> Tool.Running {
    try Tool.start(arguments(options))
  }

  /// Starts to convert and rests when so many shards are finished.
  func rest(after count: Int, options: [String] = []) throws -> Tool.Running {
    let running = try start(options)
    _ = try running.rest {
      try contents.exists && finishedShards.count >= count
    }
    return running
  }

  /// Starts to convert and kills it a while after so many shards are finished.
  func kill(
    after count: Int, microseconds: Int = 0, options: [String] = []
  ) throws -> Tool.Result {
    let running = try rest(after: count, options: options)
    if microseconds > 0 {
      running.wake()
      usleep(UInt32(microseconds))
    }
    return running.end(by: SIGKILL)
  }

  /// Converts until a shard comes that the shell's limit on the size of files does not let pass.
  func runToLimit(_ options: String...) throws -> Tool.Result {
    try Tool.run(arguments(options), by: #"ulimit -f 64; exec "$@""#)
  }

  private func arguments(_ options: [String]) -> [String] {
    [model.string, "-o", output.string, "--quiet", "--sync", "none", "--jobs", "1"] + options
  }
}
