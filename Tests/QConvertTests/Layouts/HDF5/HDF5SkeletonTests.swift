import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Lays files out and walks them with libhdf5.
@Suite struct HDF5SkeletonTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  // MARK: Fidelity

  private static let files =
    ["attributes", "attributes_v110", "links", "storage", "types", "user_block"].map {
      Fixtures.hdf5.appending("\($0).h5")
    }
    + HostileCase.hdf5.filter { $0.name.hasPrefix("ok_") && $0.name != "ok_libver_latest" }.map(
      \.file)

  @Test(arguments: files)
  func `a file is made again from its index`(_ path: FilePath) throws {
    let original = try HDF5Index(of: InputFile(path), access: .inProcess)
    let (skeleton, index) = try HDF5Outline(original).written(in: directory)
    #expect(index.groups.map(\.path) == original.groups.map(\.path))
    #expect(index.groups.map(\.otherPaths) == original.groups.map(\.otherPaths))
    for (group, expected) in zip(index.groups, original.groups) {
      check(group.attributes, expected.attributes)
    }
    let expected = original.datasets.filter { $0.type.byteCount != nil }
    #expect(index.datasets.map(\.path) == expected.map(\.path))
    for (dataset, expected) in zip(index.datasets, expected) {
      #expect(dataset.otherPaths == expected.otherPaths)
      #expect(dataset.type == expected.type)
      #expect(dataset.shape == expected.shape)
      check(dataset.attributes, expected.attributes)
    }
    let unread =
      (original.groups.map { ($0.path, $0.attributes) }
      + expected.map { ($0.path, $0.attributes) })
      .reduce(0) { $0 + $1.1.count { $0.value == .unread } }
    let left = original.datasets.filter { $0.type.byteCount == nil }
    #expect(
      skeleton.omissions.count { $0.attribute != nil } == unread)
    #expect(
      Set(skeleton.omissions.filter { $0.attribute == nil }.map(\.path))
        == Set(left.flatMap { [$0.path] + $0.otherPaths }))
    checkPlaces(skeleton, index)
  }

  private static let types: [HDF5Type] = [
    .int64, .integer(HDF5Integer(size: 1, isSigned: false, order: .little)),
    .integer(HDF5Integer(size: 3, isSigned: true, order: .big)),
    .integer(HDF5Integer(size: 16, isSigned: false, order: .little)),
    .float32, .float(.ieee(size: 8, exponent: 11, mantissa: 52, order: .big)),
    .float(.ieee(size: 2, exponent: 5, mantissa: 10)),
    .float(.ieee(size: 2, exponent: 8, mantissa: 7)),
    .float(.ieee(size: 1, exponent: 4, mantissa: 3)),
    .float(.ieee(size: 1, exponent: 5, mantissa: 2)),
    // The long double of x86, and a float in the middle of its bytes.
    .float(
      HDF5Float(
        size: 16, order: .little, precision: 80, offset: 0, signPosition: 79, exponentPosition: 64,
        exponentSize: 15, exponentBias: 16383, mantissaPosition: 0, mantissaSize: 64,
        isNormalized: false)),
    .float(
      HDF5Float(
        size: 4, order: .little, precision: 19, offset: 13, signPosition: 31, exponentPosition: 23,
        exponentSize: 8, exponentBias: 127, mantissaPosition: 13, mantissaSize: 10,
        isNormalized: true)),
    .opaque(size: 2, tag: "bfloat16"), .opaque(size: 5, tag: ""),
    .enumeration(
      HDF5Integer(size: 1, isSigned: true, order: .little),
      members: [HDF5Member(name: "FALSE", value: 0), HDF5Member(name: "TRUE", value: 1)]),
    .enumeration(
      HDF5Integer(size: 4, isSigned: true, order: .big),
      members: [
        HDF5Member(name: "\u{e9}", value: -70000), HDF5Member(name: "e\u{301}", value: 70000),
      ]),
    .string(size: 7, padding: .nullTerminated, isUTF8: false),
    .string(size: 1, padding: .nullPadded, isUTF8: true),
    .string(size: 300, padding: .spacePadded, isUTF8: true),
    .array(.float32, shape: [2, 3]),
    .array(.array(.string(size: 3, padding: .nullPadded, isUTF8: false), shape: [2]), shape: [4]),
  ]

  @Test(arguments: types)
  func `every type is written in datasets and attributes`(_ type: HDF5Type) throws {
    let size = try #require(type.byteCount)
    let bytes = (0..<6 * size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    let attributes = [
      HDF5Attribute("array", type, [3, 2], bytes), HDF5Attribute("none", type, nil, []),
      HDF5Attribute("scalar", type, [], Array(bytes.prefix(size))),
      HDF5Attribute("without", type, [0, 4], []),
    ]
    let shapes: [[Int]?] = [[2, 3], [], [4, 0], nil]
    let outline = HDF5Outline(
      groups: [.init(path: "g", attributes: attributes)],
      datasets: shapes.enumerated().map {
        .init(
          path: TensorName("d\($0)"), type: type, shape: $1, attributes: $0 == 0 ? attributes : [])
      })
    let (skeleton, index) = try outline.written(in: directory)
    #expect(skeleton.omissions == [])
    #expect(index.datasets.map(\.type) == [type, type, type, type])
    #expect(index.datasets.map(\.shape) == shapes)
    #expect(skeleton.data.map(\.?.count) == [6 * size, size, nil, nil])
    checkPlaces(skeleton, index)
    for found in [index.datasets[0].attributes, index.groups[1].attributes] {
      check(found, attributes)
    }
  }

  @Test func `attributes may be large and many, on any object`() throws {
    let large = [
      HDF5Attribute(
        "bytes", .opaque(size: 1, tag: ""), [200_000], Array(repeating: 7, count: 200_000)),
      HDF5Attribute("texts", (0..<9000).map { "layer_\($0)" }),
      HDF5Attribute(
        "type",
        .enumeration(
          HDF5Integer(size: 4, isSigned: true, order: .little),
          members: (0..<3000).map { HDF5Member(name: "a long name, number \($0)", value: $0) }),
        [], [1, 0, 0, 0]),
    ]
    let many = (0..<3000).map {
      HDF5Attribute(
        "\($0 + 10_000)", .int64, [], Array(repeating: UInt8(truncatingIfNeeded: $0), count: 8))
    }
    for attributes in [Array(large.prefix(2)), many] {
      let outline = HDF5Outline(
        groups: [
          .init(path: "", attributes: attributes), .init(path: "g", attributes: attributes),
        ], datasets: [.init(path: "d", type: .float32, shape: [2], attributes: attributes)])
      let (skeleton, index) = try outline.written(in: directory)
      #expect(skeleton.omissions == [])
      for found in index.groups.map(\.attributes) + index.datasets.map(\.attributes) {
        check(found, attributes)
      }
    }
  }

  @Test func `texts of any length are written, empty ones and those that are not UTF-8 too`() throws
  {
    let texts = [Array("caf\u{e9}".utf8), [], [0xff, 0x20], Array(repeating: 0x61, count: 10_000)]
    let attributes = [
      HDF5Attribute(
        name: "a", type: .variableString(isUTF8: true), shape: [2, 2], value: .texts(texts)),
      HDF5Attribute(
        name: "b", type: .variableString(isUTF8: false), shape: [], value: .texts([[0x62]])),
      HDF5Attribute(name: "c", type: .variableString(isUTF8: false), shape: nil, value: .texts([])),
      HDF5Attribute("caf\u{e9}", .int64, [], [1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    let outline = HDF5Outline(groups: [.init(path: "", attributes: attributes)], datasets: [])
    let (_, index) = try outline.written(in: directory)
    check(index.groups[0].attributes, attributes)
  }

  // MARK: Places

  @Test func `nothing grows with the data`() throws {
    let outline = HDF5Outline(["a", "b"], shape: [25_000_000_000])
    let (skeleton, index) = try outline.written(in: directory)
    #expect(skeleton.byteCount > 200_000_000_000)
    #expect(skeleton.segments.reduce(0) { $0 + $1.bytes.count } < 10_000)
    checkPlaces(skeleton, index)
  }

  @Test func `data and segments make up the file, in the order of the outline`() throws {
    let names = (0..<1000).map { TensorName("group \($0 % 7)/\($0)") }
    let skeleton = try HDF5Skeleton(
      of: HDF5Outline(names, shape: [77]), directory: directory.path(""))
    let data = skeleton.data.compactMap(\.self)
    #expect(data.count == 1000)
    #expect(data.map(\.lowerBound) == data.map(\.lowerBound).sorted())
    var pieces = skeleton.segments.map { $0.offset..<$0.offset + $0.bytes.count } + data
    pieces.sort { $0.lowerBound < $1.lowerBound }
    #expect(pieces.first?.lowerBound == 0)
    #expect(pieces.last?.upperBound == skeleton.byteCount)
    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
  }

  @Test func `an outline gives the same bytes at any time and place`() throws {
    let attributes = [
      HDF5Attribute("texts", (0..<9000).map { "layer_\($0)" }),
      HDF5Attribute("number", .int64, [], [1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    let outline = HDF5Outline(
      groups: [.init(path: "a", otherPaths: ["z"], attributes: attributes)],
      datasets: (0..<300).map {
        .init(
          path: TensorName("g\($0 % 7)/\($0)"), type: .float32, shape: [$0],
          attributes: $0 == 2 ? attributes : [])
      })
    let first = try HDF5Skeleton(of: outline, directory: directory.path(""))
    Thread.sleep(forTimeInterval: 1.1)
    let other = try TemporaryDirectory()
    let second = try HDF5Skeleton(of: outline, directory: other.path(""))
    #expect(first.segments == second.segments)
    #expect(first.data == second.data && first.byteCount == second.byteCount)
    #expect(try directory.contents == [] && other.contents == [])
  }

  // MARK: Support

  /// Demands that the library finds the data where the skeleton says it goes.
  private func checkPlaces(_ skeleton: HDF5Skeleton, _ index: HDF5Index) {
    var places: [Range<Int>] = []
    for dataset in index.datasets {
      switch dataset.storage {
      case .contiguous(let offset, let byteCount): places.append(offset..<offset + byteCount)
      default: #expect(dataset.storage == .unallocated && dataset.shape?.contains(0) ?? true)
      }
    }
    #expect(Set(places) == Set(skeleton.data.compactMap(\.self)))
  }

  private func check(_ found: [HDF5Attribute], _ expected: [HDF5Attribute]) {
    let expected = expected.filter { $0.value != .unread }
    #expect(found.map { TensorName($0.name) } == expected.map { TensorName($0.name) }.sorted())
    for attribute in found {
      let match = expected.first { TensorName($0.name) == TensorName(attribute.name) }
      #expect(attribute.type == match?.type)
      #expect(attribute.shape == match?.shape)
      #expect(attribute.value == match?.value)
    }
  }
}
