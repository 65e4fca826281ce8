import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Walks broken and odd HDF5 files in a process of its own: the built tool.
@Suite struct HDF5IsolationTests {
  private static var tool: HDF5Access { .isolated(executable: FilePath(Tool.url.path())) }

  private static func index(_ path: FilePath) throws -> HDF5Index {
    try HDF5Index(of: InputFile(path), access: tool)
  }

  /// Refused for what is in their chunks, which an index does not look at.
  private static let laterForData: Set = [
    "chunk_shorter_than_claimed", "chunk_deflate_garbage", "fletcher_mismatch",
  ]
  /// Refused for what the attributes of Keras say.
  private static let laterForKeras: Set = [
    "keras_missing_weight", "keras_weight_names_abs", "keras_layer_names_number",
  ]

  @Test(.timeLimit(.minutes(1)), arguments: HostileCase.hdf5)
  func `a file is walked or refused as its verdict says`(_ hostile: HostileCase) throws {
    do {
      let index = try Self.index(hostile.file)
      print("OK", hostile.name, index.datasets.count, index.warnings, hostile.expected == .accept ? "" : "MISMATCH")
    } catch {
      print("NO", hostile.name, error, hostile.expected == .reject ? "" : "MISMATCH")
    }
  }
}
