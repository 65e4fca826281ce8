import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Reads the weights of Keras in several files.
@Suite struct KerasShardsTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// A copy of the fixture, with another index.
  private func model(_ weightMap: String) throws -> FilePath {
    for name in ["small_00000.weights.h5", "small_00001.weights.h5"] {
      try directory.add(name, ArchiveFixture.path(name).fileBytes)
    }
    return try directory.add("small.weights.json", Array(#"{"weight_map":\#(weightMap)}"#.utf8))
  }

  private static let dense = #""/layers/dense/vars":["small_00000.weights.h5"]"#
  private static let others =
    #""/layers/dense_1/vars":"small_00001.weights.h5","/optimizer/vars":["small_00001.weights.h5"]"#

  @Test func `all files together have the values that Keras gave them`() throws {
    let model = try Model(ArchiveFixture.index)
    #expect(try ArchiveFixture.numbers(model) == ArchiveFixture.expectedNumbers())
    #expect(model.shards.map(\.name) == ["small_00000.weights.h5", "small_00001.weights.h5"])
    #expect(model.allWarnings == [])
  }

  @Test func `a layer in several files is one layer`() throws {
    let layers = try Model(ArchiveFixture.index).layers
    #expect(layers.map(\.path) == ["layers/dense", "layers/dense_1", "layers/dropout"])
    #expect(layers.map(\.name) == ["hidden", "out", "dropout"])
    #expect(layers[1].variables == ["layers/dense_1/vars/0", "layers/dense_1/vars/1"])
  }

  @Test func `a file may be named by itself or in a list`() throws {
    #expect(try Model(model("{\(Self.dense),\(Self.others)}")).shards.count == 2)
  }

  @Test func `one file comes of several, and floats stay as they are`() throws {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = ["*"]
    options.isDurable = false
    for name in ["one.weights.h5", "one.safetensors"] {
      options.format = OutputFormat(extensionOf: FilePath(name))
      let output = directory.path(name)
      _ = try Conversion(of: ArchiveFixture.index, options).write(to: output)
      #expect(try ArchiveFixture.numbers(Model(output)) == ArchiveFixture.expectedNumbers())
    }
    let merged = try Model(directory.path("one.weights.h5")).layers
    #expect(try merged.map(\.name) == Model(ArchiveFixture.index).layers.map(\.name))
  }

  @Test func `shards of safetensors are called after the index`() throws {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.shardByteCount = 60
    options.format = .safetensors
    options.isDurable = false
    let output = directory.path("shards")
    _ = try Conversion(of: ArchiveFixture.index, options).write(to: output)
    let names = try output.files.keys.sorted()
    #expect(names.first == "small-00001-of-\(String(format: "%05d", names.count - 1)).safetensors")
    #expect(names.last == "small.safetensors.index.json")
    options.format = nil
    #expect(throws: PlanError.hdf5NeedsFile) { try Conversion(of: ArchiveFixture.index, options) }
  }

  @Test(arguments: [
    ("../a", ShardNameFlaw.dots), ("/etc/passwd", .absolute), ("", .empty),
    ("https://a/b", .url), ("a\\\\b", .backslash),
  ])
  func `the name of a file never leads out`(_ name: String, _ flaw: ShardNameFlaw) throws {
    let path = try model(#"{"/layers/dense/vars":["small_00000.weights.h5","\#(name)"]}"#)
    let error = try #require(throws: CheckpointError.self) { try Model(path) }
    guard case .shardName("layers/dense/vars", _, flaw)? = error.reason as? ShardIndexError else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `a link out of the directory is refused`() throws {
    let path = try model("{\(Self.dense),\(Self.others)}")
    let shard = directory.path("small_00001.weights.h5")
    let outside = try TemporaryDirectory()
    try shard.moveItem(to: outside.path("elsewhere.h5"))
    try shard.link(to: outside.path("elsewhere.h5").string)
    let error = try #require(throws: ModelError.self) { try Model(path) }
    guard case .linkOutside = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [
    (
      #"{"/layers/dense/vars":["small_00000.weights.h5","small_00001.weights.h5"]}"#,
      "is not in the weight_map"
    ),
    ("{\(dense),\(others),\"/x/vars\":\"small_00000.weights.h5\"}", "tensor x/vars is not in"),
    ("{\(dense),\(others),\"/x/vars\":\"missing.h5\"}", "is missing"),
    ("{\(dense),\(dense)}", "stands twice"), ("{}", "names no tensor"), ("[]", "not a JSON object"),
    ("{\"/a/vars\":[1]}", "is not a string"), ("{\"/a/vars\":[]}", "is not a string"),
  ])
  func `an index that does not fit the files is refused`(_ map: String, _ reason: String) throws {
    let path = try model(map)
    let error = try #require(throws: (any Error).self) { try Model(path) }
    #expect("\(error)".contains(reason), "\(error)")
    #expect("\(error)".hasPrefix(path.string))
  }

  @Test func `a variable in two files is refused`() throws {
    let path = try model("{\(Self.dense),\(Self.others)}")
    _ = try directory.write(
      ArchiveFixture.path("small_00001.weights.h5").fileBytes, to: "small_00000.weights.h5")
    #expect(throws: ModelError.self) { try Model(path) }
  }

  @Test func `a file that is no HDF5 file is refused`() throws {
    let path = try model("{\(Self.dense),\(Self.others)}")
    _ = try directory.write(
      ArchiveFixture.path("stored.keras").fileBytes, to: "small_00000.weights.h5")
    let error = try #require(throws: CheckpointError.self) { try Model(path) }
    #expect(error.path.lastComponent?.string == "small_00000.weights.h5")
  }
}
