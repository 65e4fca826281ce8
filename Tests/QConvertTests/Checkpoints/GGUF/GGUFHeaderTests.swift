import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Reads files of gguf-py and compares what is found with what gguf-py says of them.
@Suite struct GGUFHeaderTests {
  static let facts: JSONValue? = {
    let data = FileManager.default.contents(atPath: Fixtures.gguf.appending("facts.json").string)
    return try? JSONValue(parsing: data ?? Data())
  }()

  @Test(arguments: ["types.gguf", "aligned.gguf", "empty.gguf"])
  func `tensors and metadata are those that gguf-py finds`(_ name: String) throws {
    let facts = try #require(Self.facts?[name])
    let checkpoint = try Checkpoint(Fixtures.gguf.appending(name))
    let tensors = try #require(facts["tensors"]?.elements)
    #expect(checkpoint.tensors.map(\.name.string) == tensors.map { $0["name"]?.string })
    for (tensor, fact) in zip(checkpoint.tensors, tensors) {
      #expect(tensor.typeName == fact["type"]?.string)
      #expect(tensor.elementShape == fact["shape"]?.elements?.compactMap(\.integer))
      let offset = try #require(fact["offset"]?.integer)
      let count = try #require(fact["bytes"]?.integer)
      #expect(tensor.storage == .contiguous(offset..<offset + count), "\(tensor.name)")
      #expect(tensor.byteCount == count)
      #expect((tensor.blockType == nil) == (GGMLType(tensor.dtype) != nil))
    }
    let metadata = try #require(facts["metadata"]?.members)
    // gguf-py flattens arrays within arrays.
    let found = checkpoint.metadata.filter { $0.name != "array.nested" }
    let expected = metadata.filter { $0.name != "array.nested" }
    #expect(found.map(\.name) == expected.map(\.name))
    #expect(found.map(\.value) == expected.map(\.value.string))
    #expect(checkpoint.warnings == [])
  }

  @Test func `the sizes of blocks are those of gguf-py`() throws {
    let sizes = try #require(Self.facts?["sizes"]?.members)
    #expect(Set(sizes.map(\.name)) == Set(GGMLType.allCases.map(\.rawValue)))
    for (name, value) in sizes.map({ ($0.name, $0.value) }) {
      let type = try #require(GGMLType(rawValue: name))
      #expect(
        [Int(type.id), type.blockLength, type.blockByteCount]
          == value.elements?.compactMap(\.integer))
      #expect(GGMLType(id: type.id) == type)
    }
  }

  @Test func `long values stay in the file, and what other formats cannot hold is no entry`() throws
  {
    let checkpoint = try Checkpoint(Fixtures.gguf.appending("types.gguf"))
    let pairs = try #require(checkpoint.gguf)
    let kept = pairs.filter { $0.value.range != nil }
    #expect(kept.map(\.key) == ["array.tokens"])
    #expect(kept.allSatisfy { $0.value.bytes.count == 1024 })
    #expect(pairs.first { $0.key == "array.nested" }?.value.description == "[[1, 2], [3]]")
    #expect(!checkpoint.entries.contains { $0.name.hasPrefix("array.") })
    #expect(checkpoint.entries.contains(MetadataEntry(name: "value.int8", value: "-100")))
  }

  @Test func `a file that is part of a model says so`() throws {
    let directory = try TemporaryDirectory()
    let parts = GGUFBytes.pair("split.count", 2, [3, 0])
    let path = try directory.write(GGUFBytes.file(pairs: [parts]), to: "a.gguf")
    #expect(try Checkpoint(path).warnings == ["the file is one of 3 that make up a model"])
  }
}
