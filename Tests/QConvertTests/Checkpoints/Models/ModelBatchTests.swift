import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

@Suite struct ModelBatchTests {
  private let directory: TemporaryDirectory
  private var path: FilePath { FilePath(directory.url.path()) }

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `the models of a directory are found and the rest is named`() throws {
    try directory.addShard("b/x.safetensors", "a")
    try directory.addIndex(["a": "missing"], to: "B/model.safetensors.index.json")
    try directory.addShard(".hidden/model.safetensors", "a")
    try directory.addShard("nested/deep/model.safetensors", "a")
    try directory.add("foreign/pytorch_model.bin")
    try directory.add("notes.txt")
    try directory.addLink("link", to: "b")
    let batch = try #require(try ModelBatch(path))
    #expect(batch.path == path)
    #expect(batch.models == [path.appending("B"), path.appending("b")])
    #expect(batch.others == ["foreign", "link", "nested", "notes.txt"])
  }

  @Test func `models that this library has quantized are told apart`() throws {
    try directory.addShard("a/model.safetensors", "a.weight")
    try directory.addShard("b/model.safetensors", "b")
    let options = ConversionOptions(spec: try QuantizationSpec(granularity: .perTensor))
    var all = options
    all.selection.include = ["*"]
    _ = try Conversion(of: path.appending("a"), all).write(to: path.appending("c"))
    let batch = try #require(try ModelBatch(path))
    #expect(batch.models == [path.appending("a"), path.appending("b")])
    #expect(batch.quantized == [path.appending("c")])
  }

  @Test func `a model is no batch, nor is what holds none`() throws {
    try directory.add("a/notes.txt")
    #expect(try ModelBatch(path)?.models == nil)
    // Its weights are missing: an error of the batch.
    try directory.add("a/config.json")
    #expect(try ModelBatch(path)?.models == [path.appending("a")])
    try directory.addShard("a/model.safetensors", "a")
    #expect(try ModelBatch(path)?.models == [path.appending("a")])
    try directory.addShard("model.safetensors", "a")
    #expect(try ModelBatch(path)?.models == nil)
    #expect(try ModelBatch(path.appending("model.safetensors"))?.models == nil)
    #expect(throws: StorageError.self) { try ModelBatch(path.appending("nowhere")) }
  }
}
