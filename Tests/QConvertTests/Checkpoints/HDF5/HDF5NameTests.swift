import Testing

@testable import QConvert

@Suite struct HDF5NameTests {
  /// All names of up to 5 of the characters that mean something.
  private static let short: [TensorName] = {
    var all = [""]
    var last = all
    for _ in 0..<5 {
      last = last.flatMap { name in ["%", "0", "2", "E", ".", "/", "\0"].map { name + $0 } }
      all += last
    }
    return all.map { TensorName($0) }
  }()

  @Test func `every name has a path of its own and comes back from it`() {
    var paths: Set<TensorName> = []
    for name in Self.short {
      let path = HDF5Name.encode(name)
      #expect(HDF5Name.isPath(path), "\(name)")
      #expect(HDF5Name.decode(path) == name)
      paths.insert(path)
    }
    #expect(paths.count == Self.short.count)
  }

  @Test func `every path is that of a name`() {
    for path in Self.short where HDF5Name.isPath(path) {
      #expect(HDF5Name.encode(HDF5Name.decode(path)) == path)
    }
  }

  @Test(arguments: 0..<20)
  func `long names of any characters come back`(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "%", "%%", "00", "0", "%00", "%2E", "2E", ".", "..", "/", "//", "\0", "a", "\u{e9}",
      "e\u{301}", "\u{1f600}", "\r\n", "kernel:0",
    ]
    for _ in 0..<200 {
      let name = TensorName((0..<generator.below(30)).map { _ in generator.pick(pieces) }.joined())
      let path = HDF5Name.encode(name)
      #expect(HDF5Name.isPath(path))
      #expect(HDF5Name.decode(path) == name)
      if HDF5Name.isPath(name) { #expect(HDF5Name.encode(HDF5Name.decode(name)) == name) }
    }
  }

  @Test(
    arguments: [
      "model_weights/dense/kernel:0", "a/../b", "layers.0.self_attn.q_proj.weight", "100%", "50%/x",
      "%20", "2E", "00", "0.00", "a.", ".a", "...",
    ] as [TensorName])
  func `what HDF5 can hold stays as it is`(_ name: TensorName) {
    #expect(HDF5Name.encode(name) == name)
    #expect(HDF5Name.decode(name) == name)
  }

  @Test(
    arguments: [
      ("", "%"), ("/", "%/%"), ("/a", "%/a"), ("a/", "a/%"), ("a//b", "a/%/b"), (".", "%2E"),
      ("a/./b", "a/%2E/b"), ("a\0b", "a%00b"), ("%", "%%"), ("%2E", "%%2E"), ("a%00", "a%%00"),
      ("%\0", "%%%00"), ("\u{0}0", "%000"),
    ] as [(TensorName, TensorName)])
  func `what HDF5 cannot hold is spelled with percent signs`(_ name: TensorName, _ path: TensorName)
  {
    #expect(HDF5Name.encode(name) == path)
  }
}
