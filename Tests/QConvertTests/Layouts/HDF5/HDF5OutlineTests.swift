import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// What becomes of the paths of an outline, and of what no file can hold.
@Suite struct HDF5OutlineTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `names that HDF5 does not know are written by their spelling`() throws {
    let names: [TensorName] = [
      "", "a//b", "a/./c", "a/../d", "x\0y", "x%00y", "%", "caf\u{e9}", "cafe\u{301}",
    ]
    let (_, index) = try HDF5Outline(names.map(HDF5Name.encode)).written(in: directory)
    #expect(Set(index.datasets.map { HDF5Name.decode($0.path) }) == Set(names))
  }

  @Test func `groups are there before what is in them, with their attributes`() throws {
    let attribute = HDF5Attribute("n", .int64, [], Array(repeating: 1, count: 8))
    let outline = HDF5Outline(
      groups: [
        .init(path: "a/b/c", attributes: [attribute]),
        .init(path: "a", otherPaths: ["z/again"], attributes: [attribute]),
        .init(path: "empty"),
      ],
      datasets: [
        .init(path: "m/n/w", otherPaths: ["a/tied", "o/tied"], type: .float32, shape: [2])
      ])
    let (_, index) = try outline.written(in: directory)
    #expect(index.groups.map(\.path) == ["", "a", "a/b", "a/b/c", "empty", "m", "m/n", "o", "z"])
    #expect(index.groups.map(\.attributes.count) == [0, 1, 0, 1, 0, 0, 0, 0, 0])
    #expect(index.groups[1].otherPaths == ["z/again"])
    #expect(
      index.datasets.map { Set([$0.path] + $0.otherPaths) } == [["a/tied", "m/n/w", "o/tied"]])
  }

  @Test func `what cannot be written is named`() throws {
    let reference = HDF5Type.other(kind: "reference", size: 8)
    let outline = HDF5Outline(
      groups: [
        .init(
          path: "",
          attributes: [
            HDF5Attribute(name: "r", type: reference, shape: [1], value: .unread),
            HDF5Attribute(name: "large", type: .int64, shape: [1 << 20], value: .unread),
            HDF5Attribute("zero\0", .int64, nil, []), HDF5Attribute("texts", ["a\0b"]),
            HDF5Attribute("kept", ["ab"]),
          ])
      ],
      datasets: [
        .init(path: "r", otherPaths: ["r2"], type: reference, shape: [1]),
        .init(path: "t", type: .variableString(isUTF8: true), shape: [1]),
        .init(
          path: "e",
          type: .enumeration(
            HDF5Integer(size: 1, isSigned: true, order: .little),
            members: [.init(name: "a", value: 0), .init(name: "a", value: 1)]), shape: [1]),
        .init(path: "kept", type: .float32, shape: [1]),
      ])
    let (skeleton, index) = try outline.written(in: directory)
    #expect(
      skeleton.omissions.map { [$0.path, $0.attribute] } == [
        ["", "r"], ["", "large"], ["", "zero\0"], ["", "texts"], ["r", nil], ["r2", nil],
        ["t", nil],
        ["e", nil],
      ])
    #expect(skeleton.data.map { $0 != nil } == [false, false, false, true])
    #expect(index.datasets.map(\.path) == ["kept"])
    #expect(index.groups[0].attributes.map(\.name) == ["kept"])
    #expect(
      skeleton.omissions[0].description
        == "the root group: the attribute r is left out: a value of type reference")
  }

  @Test(
    arguments: [
      (HDF5Outline([""]), .invalidPath("")), (HDF5Outline(["a//b"]), .invalidPath("a//b")),
      (HDF5Outline(["a/."]), .invalidPath("a/.")), (HDF5Outline(["a\0"]), .invalidPath("a\0")),
      (HDF5Outline(["a", "a"]), .duplicatePath("a")),
      (HDF5Outline(["a", "a/b"]), .duplicatePath("a")),
      (HDF5Outline(["a/b", "a"]), .duplicatePath("a")),
      (HDF5Outline(["a"], shape: [1 << 40, 1 << 40]), .sizeOverflow("a")),
      (HDF5Outline(["a"], shape: [-1]), .sizeOverflow("a")),
      (HDF5Outline(["a"], shape: Array(repeating: 1, count: 33)), .rankTooHigh("a", 33)),
      (
        HDF5Outline(
          groups: [.init(path: "g", attributes: [HDF5Attribute("n", .int64, [2], [1])])],
          datasets: []),
        .attributeMismatch("g", attribute: "n")
      ),
      (
        HDF5Outline(groups: [.init(path: "g", otherPaths: ["h"]), .init(path: "h")], datasets: []),
        .duplicatePath("h")
      ),
    ] as [(HDF5Outline, HDF5OutputError)])
  func `an outline that no file can follow is refused`(
    _ outline: HDF5Outline, _ error: HDF5OutputError
  ) throws {
    #expect(throws: error) { try HDF5Skeleton(of: outline, directory: directory.path("")) }
    #expect(try directory.contents == [])
  }

  @Test func `a path too deep to be read again is refused`() throws {
    let deepest = Array(repeating: "a", count: HDF5Indexer.depthLimit).joined(separator: "/")
    let (_, index) = try HDF5Outline([TensorName(deepest)]).written(in: directory)
    #expect(index.datasets.map(\.path) == [TensorName(deepest)])
    #expect(throws: HDF5OutputError.self) {
      try HDF5Outline([TensorName(deepest + "/a")]).written(in: directory)
    }
  }

  @Test func `a directory that is not there is named`() throws {
    let missing = directory.path("missing")
    #expect(throws: HDF5OutputError.noTemporaryFile(missing, .noSuchFileOrDirectory)) {
      try HDF5Skeleton(of: HDF5Outline(["a"]), directory: missing)
    }
  }
}
