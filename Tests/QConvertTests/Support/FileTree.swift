import Foundation
import SystemPackage

extension FilePath {
  /// Creates a directory with files of these paths in it and these texts as their contents.
  func create(_ files: KeyValuePairs<String, String> = [:]) throws {
    try FileManager.default.createDirectory(atPath: string, withIntermediateDirectories: true)
    for (name, text) in files {
      let file = appending(name)
      try FileManager.default.createDirectory(
        atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: file.string))
    }
  }

  /// The files below a directory with their texts; directories are those of their names with `/`.
  var files: [String: String] {
    get throws {
      var files: [String: String] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: string) {
        let path = appending(name)
        let text = FileManager.default.contents(atPath: path.string)
        files[text == nil ? name + "/" : name] = String(decoding: text ?? Data(), as: UTF8.self)
      }
      return files
    }
  }

  var exists: Bool { FileManager.default.fileExists(atPath: string) }

  var permissions: Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: string)
    return attributes?[.posixPermissions] as? Int
  }

  func setPermissions(_ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: string)
  }

  /// Makes the path a link.
  func link(to path: String) throws {
    try FileManager.default.createSymbolicLink(atPath: string, withDestinationPath: path)
  }

  func moveItem(to path: FilePath) throws {
    try FileManager.default.moveItem(atPath: string, toPath: path.string)
  }
}
