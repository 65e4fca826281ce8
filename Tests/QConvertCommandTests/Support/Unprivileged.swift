import Fixtures
import Foundation

/// Runs of the tool by a user whom file modes bind; root gives its rights up for them.
enum Unprivileged {
  private static let isRoot = geteuid() == 0
  private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Whether there is such a user.
  static var isPossible: Bool { !isRoot || setpriv != nil }

  /// Runs the tool from a copy in the directory, which that user can reach.
  static func run(_ arguments: [String], with directory: TemporaryDirectory) throws -> Tool.Result {
    let home = try TemporaryDirectory()
    let copy = home.url.appending(path: "qconvert")
    try FileManager.default.copyItem(at: Tool.url, to: copy)
    let command =
      isRoot
      ? "\(setpriv ?? "") --reuid=65534 --regid=65534 --clear-groups" : ""
    return try Tool.run(arguments, by: "exec \(command) \"$@\"", tool: copy)
  }
}
