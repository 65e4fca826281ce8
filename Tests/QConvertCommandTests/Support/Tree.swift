import Foundation
import SystemPackage

extension FilePath {
  /// The files below a directory, each with its bytes.
  var tree: [String: Data] {
    get throws {
      var files: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: string) {
        files[name] = FileManager.default.contents(atPath: appending(name).string)
      }
      return files
    }
  }

  /// The files below a directory, each with its size.
  var sizes: [String: Int] {
    get throws { try tree.mapValues(\.count) }
  }

  /// The paths below two directories at which they are not the same, byte for byte.
  func differences(from other: FilePath) throws -> [String] {
    let (mine, others) = (try tree, try other.tree)
    return Set(mine.keys).union(others.keys).filter { mine[$0] != others[$0] }.sorted()
  }

  /// What is in a directory, hidden files too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: string).sorted() }
  }

  var exists: Bool { FileManager.default.fileExists(atPath: string) }

  /// Which file it is, and when it was written.
  var stamp: [String]? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: string) else {
      return nil
    }
    let modified = attributes[.modificationDate] as? Date
    return [
      "\(attributes[.systemFileNumber] ?? 0)", "\(modified?.timeIntervalSinceReferenceDate ?? 0)",
    ]
  }

  func makeDirectory() throws {
    try FileManager.default.createDirectory(atPath: string, withIntermediateDirectories: true)
  }

  func remove() throws {
    try FileManager.default.removeItem(atPath: string)
  }

  func copy(to path: FilePath) throws {
    try FileManager.default.copyItem(atPath: string, toPath: path.string)
  }

  /// Writes a file and the directories in its path.
  func write(_ bytes: some Sequence<UInt8>) throws {
    try removingLastComponent().makeDirectory()
    try Data(bytes).write(to: URL(filePath: string))
  }

  /// The contents of a JSON file.
  var json: [String: Any] {
    get throws { try Data(bytes).json }
  }
}

extension Data {
  /// The text of a JSON object.
  var json: [String: Any] {
    get throws { try JSONSerialization.jsonObject(with: self) as? [String: Any] ?? [:] }
  }
}

extension Tool.Result {
  /// The result on standard output.
  var json: [String: Any] {
    get throws { try Data(output.utf8).json }
  }
}
