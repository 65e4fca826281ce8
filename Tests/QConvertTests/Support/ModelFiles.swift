import Fixtures
import Foundation
import SystemPackage

extension TemporaryDirectory {
  /// Writes a file and the directories in its path.
  @discardableResult
  func add(_ name: String, _ bytes: [UInt8] = [1]) throws -> FilePath {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return FilePath(file.path(percentEncoded: false))
  }

  /// Writes a safetensors file with these tensors of 16 bytes each.
  @discardableResult
  func addShard(_ name: String, _ tensors: String...) throws -> FilePath {
    let entries = tensors.enumerated().map { place, tensor in
      #""\#(tensor)":{"dtype":"F32","shape":[4],"data_offsets":[\#(16 * place),\#(16 * place + 16)]}"#
    }
    return try add(
      name,
      SafetensorsFile.bytes(
        header: "{\(entries.joined(separator: ","))}",
        data: Array(repeating: 0, count: 16 * tensors.count)))
  }

  /// Writes an index with these tensors and the files they are said to be in.
  @discardableResult
  func addIndex(
    _ weightMap: KeyValuePairs<String, String>, to name: String = "model.safetensors.index.json",
    totalSize: String? = nil
  ) throws -> FilePath {
    let entries = weightMap.map { #""\#($0)":"\#($1)""# }.joined(separator: ",")
    let metadata = totalSize.map { #""metadata":{"total_size":\#($0)},"# } ?? ""
    return try add(name, Array("{\(metadata)\"weight_map\":{\(entries)}}".utf8))
  }

  /// Makes a link and the directories in its path.
  func addLink(_ name: String, to target: String) throws {
    let link = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: link.path(percentEncoded: false), withDestinationPath: target)
  }
}
