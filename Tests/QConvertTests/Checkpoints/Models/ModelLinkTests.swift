import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Links in a model directory, and files that are none.
@Suite struct ModelLinkTests {
  private let directory: TemporaryDirectory
  /// The model's directory, with room for others beside it.
  private let model: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = FilePath(directory.url.path()).appending("model")
    try directory.addIndex(["a": "1", "b": "2"], to: "model/model.safetensors.index.json")
    try directory.addShard("model/1", "a")
    try directory.addShard("outside/2", "b")
    try directory.add("outside/config.json", Array("{}".utf8))
  }

  /// What is said when the model is refused.
  private func refusal() throws -> String {
    "\(try #require(throws: (any Error).self) { try Model(model) })"
  }

  /// The path of a directory as a link's target is reported: without links.
  private func real(_ name: String) throws -> String {
    try FilePath(directory.url.path()).appending(name).resolvingLinks().string
  }

  @Test(arguments: ["../outside/2", "../outside/../outside/2"])
  func `a shard must not be a link out of the directory`(_ target: String) throws {
    try directory.addLink("model/2", to: target)
    #expect(
      try refusal() == "\(model): 2 is a link out of the model directory, to a file in "
        + real("outside"))
  }

  @Test func `a shard must not be reached by a link out of the directory`() throws {
    try directory.addIndex(["a": "1", "b": "sub/2"], to: "model/model.safetensors.index.json")
    try directory.addLink("model/sub", to: "../outside")
    #expect(
      try refusal() == "\(model): sub/2 is a link out of the model directory, to a file in "
        + real("outside"))
  }

  @Test func `a directory whose name only begins like the model's is outside`() throws {
    try directory.addShard("model-2/2", "b")
    try directory.addLink("model/2", to: "../model-2/2")
    #expect(
      try refusal() == "\(model): 2 is a link out of the model directory, to a file in "
        + real("model-2"))
  }

  @Test func `companions and the index must not be links out of the directory either`() throws {
    try directory.addShard("model/2", "b")
    try directory.addLink("model/config.json", to: "../outside/config.json")
    #expect(
      try refusal() == "\(model): config.json is a link out of the model directory, to a file in "
        + real("outside"))
    try directory.addIndex(["a": "1", "b": "2"], to: "outside/index")
    try FileManager.default.removeItem(
      atPath: model.appending("model.safetensors.index.json").string)
    try directory.addLink("model/model.safetensors.index.json", to: "../outside/index")
    #expect(
      try refusal() == "\(model): model.safetensors.index.json is a link out of the model "
        + "directory, to a file in " + real("outside"))
  }

  @Test func `links to nothing are named`() throws {
    try directory.addLink("model/2", to: "nothing")
    #expect(try refusal() == "\(model): 2 is a link to nothing")
    try FileManager.default.removeItem(atPath: model.appending("2").string)
    try directory.addShard("model/2", "b")
    try directory.addLink("model/sub/tokenizer.json", to: "../../nothing")
    #expect(try refusal() == "\(model): sub/tokenizer.json is a link to nothing")
  }

  @Test func `a link that leads to itself is refused`() throws {
    try directory.addLink("model/2", to: "2")
    #expect(
      try refusal() == "\(model)/2: cannot open: Too many levels of symbolic links")
  }

  @Test func `links within the directory are files like others`() throws {
    try directory.addShard("model/store/2", "b")
    try directory.addLink("model/2", to: "store/2")
    try directory.add("model/a.json", [1, 2, 3])
    try directory.addLink("model/b.json", to: "a.json")
    try directory.addLink("model/again", to: "store")
    let model = try Model(model)
    #expect(model.companions.map(\.name) == ["a.json", "b.json", "store/2"])
    #expect(model.companions.map(\.byteCount).prefix(2) == [3, 3])
    #expect(model.warnings == ["again is a link to a directory and left out"])
  }

  @Test func `what is left out may be any link`() throws {
    try directory.addShard("model/2", "b")
    try directory.addLink("model/pytorch_model.bin", to: "../outside/2")
    try directory.addLink("model/tf_model.h5", to: "nothing")
    #expect(try Model(model).leftOut == ["pytorch_model.bin", "tf_model.h5"])
  }

  @Test func `a file or index that is given may be any link`() throws {
    try directory.addLink("file", to: "outside/2")
    let file = FilePath(directory.url.path()).appending("file")
    #expect(try Model(file).shards.map(\.name) == ["file"])
    try directory.addIndex(["a": "1"], to: "outside/index")
    try FileManager.default.removeItem(
      atPath: model.appending("model.safetensors.index.json").string)
    try directory.addLink("model/i.json", to: "../outside/index")
    #expect(try Model(model.appending("i.json")).shards.map(\.name) == ["1"])
  }

  // MARK: The hub's cache

  /// A snapshot whose files are links to blobs.
  private func addSnapshot() throws -> FilePath {
    let blobs = "hub/models--x/blobs"
    try directory.addIndex(["a": "1.safetensors", "b": "sub/2.safetensors"], to: "\(blobs)/i")
    try directory.addShard("\(blobs)/1", "a")
    try directory.addShard("\(blobs)/2", "b")
    try directory.add("\(blobs)/c", Array("{}".utf8))
    let snapshot = "hub/models--x/snapshots/0a1b"
    try directory.addLink("\(snapshot)/model.safetensors.index.json", to: "../../blobs/i")
    try directory.addLink("\(snapshot)/1.safetensors", to: "../../blobs/1")
    try directory.addLink("\(snapshot)/sub/2.safetensors", to: "../../../blobs/2")
    try directory.addLink("\(snapshot)/config.json", to: "../../blobs/c")
    return FilePath(directory.url.path()).appending(snapshot)
  }

  @Test func `a snapshot in a cache of the hub leads to the blobs`() throws {
    let snapshot = try addSnapshot()
    let model = try Model(snapshot)
    #expect(model.shards.map(\.name) == ["1.safetensors", "sub/2.safetensors"])
    #expect(model.companions.map(\.name) == ["config.json"])
    #expect(model.companions.map(\.byteCount) == [2])
    #expect(model.configuration == .object([]))
    // Also by way of a link to the snapshot, and by its index.
    try directory.addLink("current", to: "hub/models--x/snapshots/0a1b")
    #expect(try Model(FilePath(directory.url.path()).appending("current")).shards.count == 2)
    let index = snapshot.appending("model.safetensors.index.json")
    #expect(try Model(index).companions.map(\.name) == ["config.json"])
  }

  @Test func `a part of a snapshot leads to the blobs too`() throws {
    let snapshot = try addSnapshot()
    let model = try Model(snapshot.appending("sub"))
    #expect(model.shards.map(\.name) == ["2.safetensors"])
  }

  @Test func `a snapshot leads nowhere else`() throws {
    let snapshot = try addSnapshot()
    try directory.addLink(
      "hub/models--x/snapshots/0a1b/x.json", to: "../../../../outside/config.json")
    let error = try #require(throws: ModelError.self) { try Model(snapshot) }
    #expect(
      error
        == .linkOutside(snapshot, link: "x.json", target: FilePath(try real("outside/config.json")))
    )
  }

  @Test func `blobs that are a link are no blobs`() throws {
    try directory.addShard("fake/snapshots/m/1.safetensors", "a")
    try directory.addLink("fake/blobs", to: "../outside")
    try directory.addLink("fake/snapshots/m/config.json", to: "../../blobs/config.json")
    #expect(throws: ModelError.self) {
      try Model(FilePath(directory.url.path()).appending("fake/snapshots/m"))
    }
  }

  // MARK: Special files

  private func addFIFO(_ name: String) {
    unsafe #expect(mkfifo(model.appending(name).string, 0o600) == 0)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a FIFO is no shard, and waits for nobody`() throws {
    addFIFO("2")
    #expect(try refusal() == "\(model)/2: not a regular file")
  }

  @Test(.timeLimit(.minutes(10)))
  func `a FIFO among the companions is left out`() throws {
    try directory.addShard("model/2", "b")
    addFIFO("config.json")
    let model = try Model(model)
    #expect(model.companions.isEmpty)
    #expect(model.configuration == nil)
    #expect(model.warnings == ["config.json is not a regular file and left out"])
  }
}
