import Fixtures
import Foundation
import SystemPackage

extension TemporaryDirectory {
  /// A small checkpoint: two weights, a bias, an integer; 200 values.
  func writeSample(_ name: String = "model.safetensors") throws -> FilePath {
    func floats(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 17) / 8 - 1 } }
    let bytes = SafetensorsFile.bytes([
      "a.weight": .init(shape: [8, 16], floats: floats(128)),
      "a.bias": .init(shape: [8], floats: floats(8)),
      "b.weight": .init(shape: [4, 16], floats: floats(64)),
      "steps": .init(dtype: "I64", shape: [], bytes: [1, 0, 0, 0, 0, 0, 0, 0]),
    ])
    return try write(bytes, to: name)
  }

  /// A checkpoint with one float32 weight `w.weight` of two rows.
  func writeWeight(
    _ floats: [Float], to name: String = "model.safetensors"
  ) throws -> FilePath {
    let tensor = SafetensorsFile.Tensor(shape: [2, floats.count / 2], floats: floats)
    return try write(SafetensorsFile.bytes(["w.weight": tensor]), to: name)
  }

  /// A checkpoint of bfloat16 zeros that takes no room on the disk.
  func writeSparse(byteCount: Int, to name: String = "sparse.safetensors") throws -> FilePath {
    let columns = byteCount / 2 / 100
    let header =
      #"{"w.weight":{"dtype":"BF16","shape":[100,\#(columns)],"#
      + #""data_offsets":[0,\#(columns * 200)]}}"#
    let start = SafetensorsFile.bytes(header: header)
    let path = try write(start, to: name)
    try path.truncate(to: start.count + columns * 200)
    return path
  }

  /// The names of files that are not those of the caller.
  func strangers(beside names: String...) throws -> [String] {
    try contents.filter { !names.contains($0) }
  }

  /// Waits until a file whose name begins so exists; false after 20 s.
  func waitForFile(beginning prefix: String) throws -> Bool {
    for _ in 0..<20_000 {
      if try contents.contains(where: { $0.hasPrefix(prefix) }) { return true }
      usleep(1000)
    }
    return false
  }
}

extension FilePath {
  var bytes: [UInt8] {
    get throws { [UInt8](try Data(contentsOf: URL(filePath: string))) }
  }

  var mode: Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: string)
    return attributes?[.posixPermissions] as? Int
  }

  func setMode(_ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: string)
  }

  func truncate(to byteCount: Int) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: string))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
  }

  func link(to path: String) throws {
    try FileManager.default.createSymbolicLink(atPath: string, withDestinationPath: path)
  }
}
