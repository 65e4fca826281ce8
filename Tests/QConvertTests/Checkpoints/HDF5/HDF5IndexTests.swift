import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Walks sound HDF5 files in this process and compares what is found with what h5py says of them.
@Suite struct HDF5IndexTests {
  static let facts: [JSONValue.Member] = {
    let data = FileManager.default.contents(atPath: Fixtures.hdf5.appending("facts.json").string)
    return (try? JSONValue(parsing: data ?? Data()))?.members ?? []
  }()

  private static func index(_ file: String) throws -> HDF5Index {
    try HDF5Index(of: InputFile(Fixtures.hdf5.appending("\(file).h5")), access: .inProcess)
  }

  @Test func `all files are there`() {
    #expect(Self.facts.count == 16)
  }

  @Test(arguments: facts.map(\.name))
  func `groups and datasets are those that h5py finds`(_ file: String) throws {
    let facts = try #require(Self.facts.first { $0.name == file }?.value)
    let index = try Self.index(file)
    let groups = try #require(facts["groups"]?.members)
    #expect(Set(index.groups.map(\.path)) == Set(groups.map { TensorName($0.name) }))
    for group in index.groups {
      try check(group.attributes, groups.first { TensorName($0.name) == group.path }?.value)
    }
    let datasets = try #require(facts["datasets"]?.members)
    #expect(Set(index.datasets.map(\.path)) == Set(datasets.map { TensorName($0.name) }))
    for dataset in index.datasets {
      let fact = try #require(
        datasets.first { TensorName($0.name) == dataset.path }?.value, "\(dataset.path)")
      try check(dataset.attributes, fact["attributes"])
      try check(dataset, fact)
    }
  }

  @Test func `names are sorted by their bytes and objects have every name they go by`() throws {
    let index = try Self.index("links")
    let paths = index.datasets.map(\.path)
    #expect(paths.first == "a/w")
    #expect(paths.suffix(2) == ["e\u{301}", "\u{e9}"])
    #expect(index.datasets.first?.otherPaths == ["tied"])
    #expect(index.groups.first { $0.path == "a" }?.otherPaths == ["b"])
    #expect(
      index.warnings == [
        "soft: a soft link, not followed", "b is another name of the group a",
        "kind: a named type, left out", "tied is another name of the dataset a/w",
      ])
  }

  // MARK: Support

  private func check(_ attributes: [HDF5Attribute], _ facts: JSONValue?) throws {
    let facts = try #require(facts?.members)
    #expect(attributes.map(\.name).sorted() == facts.map(\.name).sorted())
    for attribute in attributes {
      let fact = try #require(facts.first { $0.name == attribute.name }?.value)
      #expect(attribute.type.fact == fact["type"], "\(attribute.name)")
      #expect(attribute.shape.fact == fact["shape"], "\(attribute.name)")
      switch attribute.value {
      case .bytes(let bytes): #expect(.array(bytes.map { .integer(Int($0)) }) == fact["bytes"])
      case .texts(let texts):
        let strings = texts.map { JSONValue.string(String(decoding: $0, as: UTF8.self)) }
        #expect(.array(strings) == fact["texts"])
      case .unread: #expect(fact["type"]?["other"] != nil)
      }
    }
  }

  private func check(_ dataset: HDF5Dataset, _ fact: JSONValue) throws {
    #expect(dataset.type.fact == fact["type"], "\(dataset.path)")
    #expect(dataset.shape.fact == fact["shape"], "\(dataset.path)")
    #expect((dataset.fill.map { $0.map(Int.init) }).fact == fact["fill"], "\(dataset.path)")
    let count = dataset.shape?.reduce(1, *) ?? 0
    if let chunking = dataset.chunking {
      #expect(chunking.shape.fact == fact["chunk"], "\(dataset.path)")
      let limits = chunking.limits.map { $0.map(JSONValue.integer) ?? .null }
      #expect(.array(limits) == fact["maximum"], "\(dataset.path)")
    }
    switch dataset.storage {
    case .unread: #expect(dataset.type.byteCount == nil)
    case .texts(let texts):
      let strings = texts.map { JSONValue.string(String(decoding: $0, as: UTF8.self)) }
      #expect(.array(strings) == fact["texts"] ?? .array([]), "\(dataset.path)")
    case .unallocated:
      #expect(count == 0 || fact["offset"] == .null, "\(dataset.path)")
    case .compact(let bytes): #expect(bytes.map(Int.init).fact == fact["compact"])
    case .contiguous(let offset, let byteCount):
      #expect(offset == fact["offset"]?.integer && byteCount == fact["stored"]?.integer)
    case .chunked(let chunk, let chunks):
      #expect(chunk.fact == fact["chunk"])
      #expect(dataset.filters.map(\.id).fact == fact["filters"])
      let expected = try #require(fact["chunks"]?.elements).map { entry in
        let numbers = entry.elements ?? []
        let start = numbers[0].elements?.compactMap(\.integer) ?? []
        var index = 0
        for (axis, extent) in (dataset.shape ?? []).enumerated() {
          index = index * ((extent + chunk[axis] - 1) / chunk[axis]) + start[axis] / chunk[axis]
        }
        return [index] + numbers.dropFirst().compactMap(\.integer)
      }
      let found = chunks.map { [$0.index, $0.offset, $0.byteCount, Int($0.filterMask)] }
      #expect(found == expected.sorted { $0[0] < $1[0] }, "\(dataset.path)")
    }
  }
}

extension [Int]? {
  fileprivate var fact: JSONValue { self?.fact ?? .null }
}

extension [Int] {
  fileprivate var fact: JSONValue { .array(map(JSONValue.integer)) }
}

extension HDF5Type {
  /// The type in the words of the script that makes the files.
  fileprivate var fact: JSONValue {
    switch self {
    case .integer(let type): type.fact
    case .float(let type):
      .object([
        "float": .integer(type.size), "order": .string(type.order.rawValue),
        "fields": [
          type.signPosition, type.exponentPosition, type.exponentSize, type.mantissaPosition,
          type.mantissaSize,
        ].fact,
        "bias": .integer(type.exponentBias), "precision": .integer(type.precision),
      ])
    case .opaque(let size, let tag): .object(["opaque": .integer(size), "tag": .string(tag)])
    case .enumeration(let type, let members):
      .object([
        "enumeration": type.fact,
        "members": .object(
          members.map { JSONValue.Member(name: $0.name, value: .integer($0.value)) }),
      ])
    case .string(let size, _, _): .object(["text": .integer(size)])
    case .variableString: .object(["text": .null])
    case .array(let type, let shape): .object(["array": type.fact, "shape": shape.fact])
    case .other: .object(["other": .bool(true)])
    }
  }
}

extension HDF5Integer {
  fileprivate var fact: JSONValue {
    .object([
      "integer": .integer(size), "signed": .bool(isSigned), "order": .string(order.rawValue),
    ])
  }
}
