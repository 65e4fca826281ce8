import Foundation

/// The built command-line tool, run as a user runs it.
enum Tool {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
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
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = directory }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // Both are drained at once: a full pipe would stop the tool.
    let drained = DispatchQueue(label: "errors")
    nonisolated(unsafe) var errorData = Data()
    drained.async { unsafe errorData = errors.fileHandleForReading.readDataToEndOfFile() }
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errorText = drained.sync { unsafe String(decoding: errorData, as: UTF8.self) }
    return Result(
      status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      errors: errorText)
  }
}
