import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Reads and writes indexes, sound and damaged.
@Suite struct ShardIndexTests {
  private func index(_ text: String) throws -> ShardIndex {
    try ShardIndex(parsing: Array(text.utf8))
  }

  @Test func `everything in an index keeps its order`() throws {
    let index = try index(
      #" {"metadata":{"total_parameters":8,"total_size":32,"x":{"b":1,"a":[]}},"#
        + #""weight_map":{"b":"sub/two","a":"one","c":"sub/two"}} "#)
    #expect(index.weightMap.map(\.name) == ["b", "a", "c"])
    #expect(index.weightMap.map(\.shard) == ["sub/two", "one", "sub/two"])
    #expect(index.metadata.map(\.name) == ["total_parameters", "total_size", "x"])
    #expect(index.totalSize == .number(32))
    #expect(index.warnings == [])
  }

  @Test(arguments: [#""metadata":null,"#, #""metadata":{},"#, ""])
  func `metadata is optional`(_ metadata: String) throws {
    let index = try index(#"{\#(metadata)"weight_map":{"a":"one"}}"#)
    #expect(index.metadata.isEmpty)
    #expect(index.totalSize == nil)
    #expect(index.warnings == [])
  }

  @Test func `other members are kept and worth a warning`() throws {
    let index = try index(#"{"x\n":[1],"weight_map":{"a":"one"},"y":2}"#)
    #expect(index.otherMembers.map(\.name) == ["x\n", "y"])
    #expect(index.warnings == [#"the index has an unknown member "x\n" and 1 more"#])
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let text: String
    let error: ShardIndexError
    let message: String
    var testDescription: String { text }

    init(_ text: String, _ error: ShardIndexError, _ message: String) {
      self.text = text
      self.error = error
      self.message = message
    }

    init(shard: String, _ flaw: ShardNameFlaw, _ message: String) {
      text = #"{"weight_map":{"good":"a","w":\#(JSONValue.string(shard))}}"#
      error = .shardName("w", TensorName(shard), flaw)
      self.message = #"tensor w: the name of its file, "\#(TensorName(shard))", \#(message)"#
    }
  }

  private static let absolute = "is an absolute path; files lie in the directory of the index"
  private static let dots = "has . or .. in its path; files lie in the directory of the index"
  private static let slashes = "has nothing between two slashes or after the last"

  @Test(arguments: [
    Refused("", .text(.endsEarly), "the text ends in the middle of a value"),
    Refused("[]", .notAnObject, "the index is not a JSON object"),
    Refused("{}", .noWeightMap, "no weight_map, so no index of safetensors files"),
    Refused(#"{"weight_map":{}}"#, .emptyWeightMap, "the weight_map names no tensor"),
    Refused(
      #"{"weight_map":null}"#, .weightMapNotAnObject, "the weight_map is not a JSON object"),
    Refused(
      #"{"weight_map":{"a":"b"}}x"#, .text(.unexpected(0x78, at: 24)), "unexpected 'x' at byte 24"),
    Refused(
      #"{"metadata":[],"weight_map":{"a":"b"}}"#, .metadataNotAnObject,
      "the metadata of the index is not a JSON object"),
    Refused(
      #"{"weight_map":{"a":"b"},"weight_map":{"a":"b"}}"#,
      .text(.duplicateName("weight_map", at: 24)),
      #"the name "weight_map" stands twice in one object, again at byte 24"#),
    Refused(
      #"{"metadata":{"a":1,"a":1},"weight_map":{"a":"b"}}"#, .text(.duplicateName("a", at: 19)),
      #"the name "a" stands twice in one object, again at byte 19"#),
    Refused(
      #"{"weight_map":{"a\u001b":"b","a\u001b":"b"}}"#, .tensorTwice("a\u{1b}"),
      #"tensor a\u{1B} stands twice in the weight_map"#),
    Refused(
      #"{"weight_map":{"a":null}}"#, .shardNotText("a"),
      "tensor a: the name of its file is not a string"),
    Refused(shard: "", .empty, "is empty"),
    Refused(shard: "a\0b", .controlCharacter, "has a control character"),
    Refused(shard: "a\nb", .controlCharacter, "has a control character"),
    Refused(shard: "a\u{7f}", .controlCharacter, "has a control character"),
    Refused(shard: "a\u{9b}b", .controlCharacter, "has a control character"),
    Refused(shard: "/a", .absolute, absolute),
    Refused(shard: "//a", .absolute, absolute),
    Refused(shard: "/", .absolute, absolute),
    Refused(shard: "s3://bucket/a", .url, "is a URL; nothing is fetched"),
    Refused(shard: "file:///etc/a", .url, "is a URL; nothing is fetched"),
    Refused(shard: "..", .dots, dots),
    Refused(shard: "a/..", .dots, dots),
    Refused(shard: "a/../b", .dots, dots),
    Refused(shard: "./a", .dots, dots),
    Refused(shard: ".", .dots, dots),
    Refused(shard: "a//b", .emptyComponent, slashes),
    Refused(shard: "a/", .emptyComponent, slashes),
    Refused(shard: #"a\b"#, .backslash, "has a backslash"),
    Refused(shard: #"C:\a"#, .backslash, "has a backslash"),
  ])
  func `an index that breaks a rule is refused with the tensor and the file`(
    _ refused: Refused
  ) throws {
    let error = try #require(throws: ShardIndexError.self) { try index(refused.text) }
    #expect(error == refused.error)
    #expect("\(error)" == refused.message)
  }

  @Test(arguments: ["a", "a.safetensors", "a/b", "...", "..a", "a..", "a b", "~", "é", "a:b"])
  func `other names of files are taken as they are`(_ shard: String) throws {
    #expect(try index(#"{"weight_map":{"w":"\#(shard)"}}"#).weightMap.map(\.shard) == [shard])
  }

  @Test func `an index too large is refused unread`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.add("x.safetensors.index.json", Array(#"{"weight_map""#.utf8))
    unsafe #expect(truncate(path.string, 256 << 20 + 1) == 0)
    let error = try #require(throws: CheckpointError.self) { try Model(path) }
    #expect(
      "\(error)" == "\(path): 268435457 bytes are too many for an index; "
        + "at most 268435456 are read")
  }

  // MARK: Writing

  @Test func `an index is written as Hugging Face does`() throws {
    let bytes = ShardIndex.bytes(
      weightMap: [("b", "two"), ("a\"", "one"), ("B", "two")],
      metadata: [
        .init(name: "total_size", value: .number(1)),
        .init(name: "total_parameters", value: .number(8)),
      ], totalSize: 5_000_000_000)
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        {
          "metadata": {
            "total_size": 5000000000,
            "total_parameters": 8
          },
          "weight_map": {
            "B": "two",
            "a\\"": "one",
            "b": "two"
          }
        }

        """)
  }

  @Test func `a total_size comes where there was none`() throws {
    let bytes = ShardIndex.bytes(
      weightMap: [("a", "one")], metadata: [.init(name: "x", value: .null)], totalSize: 4)
    let index = try ShardIndex(parsing: bytes)
    #expect(index.metadata.map(\.name) == ["x", "total_size"])
    #expect(index.totalSize == .number(4))
  }

  @Test func `a hundred thousand tensors read back the same`() throws {
    let weightMap = (0..<100_000).map { place in
      (TensorName("model.layers.\(100_000 + place).mlp.weight"), "model-\(place % 97).safetensors")
    }
    let bytes = ShardIndex.bytes(weightMap: weightMap, metadata: [], totalSize: 1)
    let index = try ShardIndex(parsing: bytes)
    #expect(index.weightMap.map(\.name) == weightMap.map(\.0))
    #expect(index.weightMap.map(\.shard) == weightMap.map(\.1))
  }

  // MARK: Damage

  @Test(arguments: UInt64(1)...3)
  func `no damage to an index stops the reader`(seed: UInt64) throws {
    let sound = Array(
      (#"{"metadata":{"total_size":32,"x":null},"weight_map":{"a.weight":"sub/a.safetensors","#
        + #""b\u00e9":"b-00001.safetensors","c":"sub/a.safetensors"},"z":[{"y":-1.5e3}]}"#).utf8)
    _ = try ShardIndex(parsing: sound)
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<3000 {
      var text = sound
      for _ in 0...random.below(3) {
        let place = random.below(text.count)
        switch random.below(4) {
        case 0: text.remove(at: place)
        case 1: text.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        default: text[place] ^= 1 << UInt8(random.below(8))
        }
      }
      do {
        let index = try ShardIndex(parsing: text)
        accepted += 1
        #expect(Set(index.weightMap.map(\.name)).count == index.weightMap.count)
        #expect(index.weightMap.allSatisfy { ShardNameFlaw(in: $0.shard) == nil })
        let again = try ShardIndex(
          parsing: ShardIndex.bytes(
            weightMap: index.weightMap.map { ($0.name, $0.shard) }, metadata: index.metadata,
            totalSize: 32))
        #expect(again.weightMap.map(\.name) == index.weightMap.map(\.name).sorted())
      } catch {
        #expect(error is ShardIndexError, "seed \(seed): \(error)")
        #expect("\(error)".unicodeScalars.allSatisfy { $0.value >= 0x20 }, "seed \(seed)")
      }
    }
    #expect(accepted > 100 && accepted < 2900, "seed \(seed)")
  }
}
