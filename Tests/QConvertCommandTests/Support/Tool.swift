import Foundation

/// The built command-line tool, run as a user runs it.
enum Tool {
  struct Result {
    /// The exit code; the number of a signal that has ended it, negative.
    let status: Int32
    let output: String
    let errors: String

    init(_ process: Process, output: Data, errors: Data) {
      let isSignal = process.terminationReason == .uncaughtSignal
      status = isSignal ? -process.terminationStatus : process.terminationStatus
      self.output = String(decoding: output, as: UTF8.self)
      self.errors = String(decoding: errors, as: UTF8.self)
    }

    /// Whether there is one line of errors, of this tool.
    var isOneLineOfErrors: Bool {
      errors.hasPrefix("qconvert: ") && errors.hasSuffix("\n")
        && errors.filter(\.isNewline).count == 1
    }
  }

  /// Where the build has put it: beside the tests.
  static var url: URL {
    let runner = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    return runner.deletingLastPathComponent().appending(path: "qconvert")
  }

  /// Runs it to its end.
  static func run(
    _ arguments: String..., in directory: URL? = nil, environment: [String: String] = [:]
  ) throws -> Result {
    try run(arguments, in: directory, environment: environment)
  }

  /// Runs it to its end.
  static func run(
    _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:]
  ) throws -> Result {
    try start(url, arguments, in: directory, environment: environment).finish()
  }

  /// Runs a line of shell to its end; in it `"$@"` is the tool with its arguments.
  static func run(
    _ arguments: [String], by line: String, tool: URL = url, in directory: URL? = nil
  ) throws -> Result {
    let shell = ["-c", line, "sh", tool.path()] + arguments
    return try start(URL(filePath: "/bin/sh"), shell, in: directory).finish()
  }

  /// Starts it.
  static func start(_ arguments: String...) throws -> Running {
    try start(url, arguments)
  }

  /// Starts it.
  static func start(_ arguments: [String], in directory: URL? = nil) throws -> Running {
    try start(url, arguments, in: directory)
  }

  private static func start(
    _ executable: URL, _ arguments: [String], in directory: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> Running {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = directory }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    return try Running(process)
  }

  /// The tool at work.
  final class Running {
    let process: Process
    private let output = Pipe()
    private let errors = Pipe()

    init(_ process: Process) throws {
      self.process = process
      process.standardOutput = output
      process.standardError = errors
      try process.run()
    }

    /// Waits for its end.
    func finish() -> Result {
      // Both are drained at once: a full pipe would stop the tool.
      let drained = DispatchQueue(label: "errors")
      nonisolated(unsafe) var errorData = Data()
      drained.async { [errors] in
        unsafe errorData = errors.fileHandleForReading.readDataToEndOfFile()
      }
      let outputData = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      let errorText = drained.sync { unsafe errorData }
      return Result(process, output: outputData, errors: errorText)
    }
  }
}
