import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Finds the weights of a model and holds its files against its index.
@Suite struct ModelTests {
  private let directory: TemporaryDirectory
  private var path: FilePath { FilePath(directory.url.path()) }
  private var index: String { "\(path)/model.safetensors.index.json" }

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// What is said when the model is refused.
  private func refusal(of path: FilePath? = nil) throws -> String {
    "\(try #require(throws: (any Error).self) { try Model(path ?? self.path) })"
  }

  // MARK: Where the weights are

  @Test func `a file stands for itself`() throws {
    let file = try directory.addShard("a.safetensors", "a")
    try directory.add("config.json", Array("{}".utf8))
    let model = try Model(file)
    #expect(model.path == file)
    #expect(model.directory == nil)
    #expect(model.index == nil)
    #expect(model.shards.map(\.name) == ["a.safetensors"])
    #expect(model.companions.isEmpty)
  }

  @Test func `an index comes with its shards, in the order of the bytes`() throws {
    try directory.addIndex(["c": "b.safetensors", "a": "a.safetensors", "b": "B"], totalSize: "48")
    try directory.addShard("a.safetensors", "a")
    try directory.addShard("b.safetensors", "c")
    try directory.addShard("B", "b")
    let model = try Model(path)
    #expect(model.directory == path)
    #expect(model.indexName == "model.safetensors.index.json")
    #expect(model.index?.weightMap.map(\.name) == ["c", "a", "b"])
    #expect(model.shards.map(\.name) == ["B", "a.safetensors", "b.safetensors"])
    #expect(model.shards.map(\.checkpoint.tensors.first?.name) == ["b", "a", "c"])
    #expect(model.warnings == [])
    #expect(model.companions.isEmpty)
  }

  @Test(arguments: ["model.safetensors.index.json", "weird.json", "weird"])
  func `an index may be given itself, whatever its name`(_ name: String) throws {
    let index = try directory.addIndex(["a": "sub/a.safetensors"], to: name)
    try directory.addShard("sub/a.safetensors", "a")
    try directory.add("config.json", Array("{}".utf8))
    let model = try Model(index)
    #expect(model.path == index)
    #expect(model.directory == path)
    #expect(model.indexName == name)
    #expect(model.shards.map(\.name) == ["sub/a.safetensors"])
    #expect(model.companions.map(\.name) == ["config.json"])
  }

  @Test func `JSON that is no index is JSON`() throws {
    let text = ": JSON text, not a safetensors file: an index names the files to convert"
    for content in ["{}", #"{"a":1}"#, " \n{", #"{"weight_map":[]}"#] {
      let file = try directory.add("config.json", Array(content.utf8))
      #expect(try refusal(of: file) == "\(file)\(text)")
    }
    // What is called an index is a broken one.
    let file = try directory.add("x.index.json", Array(#"{"a":1}"#.utf8))
    #expect(try refusal(of: file) == "\(file): no weight_map, so no index of safetensors files")
    // And what has a weight_map is one, whatever it is called.
    let weird = try directory.addIndex(["a": "../a"], to: "weird.json")
    #expect(
      try refusal(of: weird) == "\(weird): tensor a: the name of its file, \"../a\", has . or .. "
        + "in its path; files lie in the directory of the index")
  }

  @Test func `a header of 123 bytes is not taken for JSON`() throws {
    let header = #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#
    let padding = String(repeating: " ", count: 123 - header.utf8.count)
    let bytes = SafetensorsFile.bytes(
      header: header + padding, data: .init(repeating: 0, count: 16))
    #expect(bytes.first == UInt8(ascii: "{"))
    #expect(try Model(directory.add("a", bytes)).shards.count == 1)
  }

  @Test func `without an index it is model.safetensors, or the only file`() throws {
    try directory.addShard("other.safetensors", "a")
    try directory.add("._other.safetensors")
    #expect(try Model(path).shards.map(\.name) == ["other.safetensors"])
    try directory.addShard("second.safetensors", "a")
    #expect(
      try refusal() == "\(path): 2 safetensors files and no index, name one: "
        + "other.safetensors, second.safetensors")
    try directory.addShard("model.safetensors", "a")
    let model = try Model(path)
    #expect(model.shards.map(\.name) == ["model.safetensors"])
    #expect(model.indexName == nil)
    #expect(
      model.warnings == [
        "not part of the model, neither converted nor copied: "
          + "other.safetensors, second.safetensors"
      ])
  }

  @Test func `of several indexes the usual one holds, else none`() throws {
    try directory.addIndex(["a": "a.safetensors"], to: "a.safetensors.index.json")
    try directory.addShard("a.safetensors", "a")
    #expect(try Model(path).indexName == "a.safetensors.index.json")
    try directory.addIndex(["b": "b.safetensors"], to: "b.safetensors.index.json")
    try directory.addShard("b.safetensors", "b")
    #expect(
      try refusal() == "\(path): 2 indexes of safetensors files, name one: "
        + "a.safetensors.index.json, b.safetensors.index.json")
    try directory.addIndex(["b": "b.safetensors"])
    let model = try Model(path)
    #expect(model.indexName == "model.safetensors.index.json")
    #expect(model.shards.map(\.name) == ["b.safetensors"])
    #expect(
      model.leftOut == [
        "a.safetensors", "a.safetensors.index.json", "b.safetensors.index.json",
      ])
    #expect(
      model.warnings == ["not part of the model, neither converted nor copied: a.safetensors"])
  }

  @Test func `a directory without weights is refused, and what it has instead is named`() throws {
    #expect(try refusal() == "\(path): no safetensors file and no index")
    for name in ["pytorch_model.bin", "m.gguf", "tf_model.h5", "config.json", "s/a.safetensors"] {
      try directory.add(name)
    }
    #expect(
      try refusal() == "\(path): no safetensors file and no index, only weights of other formats: "
        + "m.gguf, pytorch_model.bin, tf_model.h5")
  }

  @Test func `nothing is no model`() throws {
    let nowhere = path.appending("nowhere")
    #expect(try refusal(of: nowhere) == "\(nowhere): cannot open: No such file or directory")
    #expect(try refusal(of: "") == ": cannot open: No such file or directory")
  }

  // MARK: What the index says

  @Test func `shards that are missing are counted`() throws {
    try directory.addIndex(["a": "1", "b": "2", "c": "3", "d": "2"])
    try directory.addShard("1", "a")
    #expect(
      try refusal() == "\(index): 2, the file of tensor b, is missing: incomplete download? "
        + "(and 1 more file)")
  }

  @Test func `a tensor has to be in its shard`() throws {
    try directory.addIndex(["z": "1", "y": "1", "x": "1", "a": "2"])
    try directory.addShard("1", "y")
    try directory.addShard("2", "a")
    #expect(try refusal() == "\(index): tensor z is not in 1 (and 1 more tensor)")
  }

  @Test func `a tensor in another shard is found there`() throws {
    try directory.addIndex(["z": "1", "y": "1", "x": "2", "w": "2"])
    try directory.addShard("1", "z")
    try directory.addShard("2", "y", "x")
    #expect(try refusal() == "\(index): tensor y is not in 1 but in 2")
  }

  @Test func `a tensor is in one shard only`() throws {
    try directory.addIndex(["z": "1", "y": "1", "x": "1", "w": "2"])
    try directory.addShard("1", "x", "y", "z")
    try directory.addShard("2", "w", "x", "y", "z")
    #expect(try refusal() == "\(index): tensor z is in 1 and in 2 (and 2 more tensors)")
  }

  @Test func `a shard holds nothing the index does not name`() throws {
    try directory.addIndex(["z": "1", "y": "2"])
    try directory.addShard("1", "n", "z")
    try directory.addShard("2", "y", "m")
    #expect(
      try refusal() == "\(index): tensor n of 1 is not in the weight_map (and 1 more tensor)")
  }

  @Test func `spellings that Unicode calls equal are two tensors in two shards`() throws {
    try directory.addIndex(["\u{e9}": "\u{e9}", "e\u{301}": "e\u{301}"])
    try directory.addShard("\u{e9}", "\u{e9}")
    try directory.addShard("e\u{301}", "e\u{301}")
    #expect(try Model(path).shards.count == 2)
  }

  @Test(arguments: [
    ("32", nil), ("32.0", nil), (nil, nil),
    ("31", "the index gives a total_size of 31; the tensors have 32 bytes"),
    (#""32""#, "the index gives a total_size that is not a whole number"),
    ("32.5", "the index gives a total_size that is not a whole number"),
  ])
  func `a wrong total_size is worth a warning`(_ size: String?, _ warning: String?) throws {
    try directory.addIndex(["z": "1", "y": "2"], totalSize: size)
    try directory.addShard("1", "z")
    try directory.addShard("2", "y")
    #expect(try Model(path).warnings == [warning].compactMap(\.self))
  }

  // MARK: What the configuration says

  @Test(arguments: [
    (#"{"tie_word_embeddings":true,"quantization_config":{"quant_method":"gptq"}}"#, true, "gptq"),
    (#"{"text_config":{"tie_word_embeddings":true},"quantization_config":null}"#, true, nil),
    (#"{"tie_word_embeddings":false,"text_config":{"tie_word_embeddings":true}}"#, false, nil),
    (#"{"tie_word_embeddings":"yes","quantization_config":{"quant_method":4}}"#, false, nil),
    ("[]", false, nil),
  ])
  func `some facts come from the configuration`(
    _ text: String, _ isTied: Bool, _ method: String?
  ) throws {
    try directory.addShard("model.safetensors", "a")
    try directory.add("config.json", Array(text.utf8))
    let model = try Model(path)
    #expect(model.tieWordEmbeddings == isTied)
    #expect(model.quantizationMethod == method)
    #expect(model.configuration != nil)
    #expect(model.warnings == [])
  }

  @Test func `a configuration that is not JSON is worth a warning, and a companion`() throws {
    try directory.addShard("model.safetensors", "a")
    try directory.add("config.json", Array(#"{"a":NaN}"#.utf8))
    let model = try Model(path)
    #expect(model.configuration == nil)
    #expect(!model.tieWordEmbeddings)
    #expect(model.warnings == ["config.json is not understood: unexpected 'N' at byte 5"])
    #expect(model.companions.map(\.name) == ["config.json"])
  }
}
