import Fixtures
import Testing

@testable import QConvert

/// Reads what the test has cut into blocks and filtered by plain means of its own.
@Suite struct TensorReaderTests {
  private static let filters: [[BlockFilter]] = [
    [], [.deflate], [.shuffle(elementSize: 2), .deflate],
    [.shuffle(elementSize: 2), .deflate, .fletcher32], [.fletcher32],
    [.fletcher32, .deflate], [.shuffle(elementSize: 5)], [.shuffle(elementSize: 4), .fletcher32],
    [.deflate, .shuffle(elementSize: 8)],
  ]

  @Test(arguments: filters)
  func `elements come back from blocks of any shape`(_ filters: [BlockFilter]) throws {
    var random = SeededGenerator(seed: UInt64(filters.count))
    for _ in 0..<40 {
      let shape = (0..<1 + random.below(4)).map { _ in 1 + random.below(9) }
      let blockShape = shape.map { 1 + random.below($0 + 2) }
      let sample = try BlockSample(
        shape: shape, blockShape: blockShape, filters: filters, missing: [random.below(6)])
      let count = shape.reduce(1, *)
      #expect(try sample.tensor.bytes(0..<2 * count) == sample.expected)
      for _ in 0..<10 {
        let start = random.below(count)
        let range = 2 * start..<2 * (start + 1 + random.below(count - start))
        #expect(
          try sample.tensor.bytes(range) == Array(sample.expected[range]),
          "\(shape) in \(blockShape), \(range)")
      }
    }
  }

  @Test func `a block may leave filters out`() throws {
    let sample = try BlockSample(
      shape: [6, 7], blockShape: [2, 3], filters: [.shuffle(elementSize: 2), .deflate],
      skipped: { UInt32($0 % 4) })
    #expect(try sample.tensor.bytes(0..<84) == sample.expected)
  }

  /// The last four bytes of chunks that h5py 3.16 wrote.
  private static let checksums: [([UInt8], UInt32)] = [
    ([0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40], 0xc23d_c0bf),
    ([1, 2, 3, 4, 5], 0x0e0e_0906),
  ]

  @Test(arguments: checksums)
  func `a checksum is that of the library`(_ bytes: [UInt8], _ sum: UInt32) {
    #expect(unsafe bytes.withUnsafeBytes { unsafe Fletcher32.checksum(of: $0) } == sum)
  }

  @Test func `a checksum is that of the definition, whatever the length`() {
    var random = SeededGenerator(seed: 32)
    for length in [0, 1, 2, 31, 32, 33, 11_519, 11_520, 11_521, 40_000] {
      for bytes in [
        (0..<length).map { _ in UInt8(random.below(256)) }, [UInt8](repeating: 255, count: length),
        [UInt8](repeating: 0, count: length),
      ] {
        let sum = unsafe bytes.withUnsafeBytes { unsafe Fletcher32.checksum(of: $0) }
        #expect(sum == BlockSample.fletcher32(bytes), "\(length) bytes")
      }
    }
  }

  /// Whoever reads, in whatever order and together with whomever: blocks are decoded into a file, and
  /// come back from it.
  @Test(arguments: filters)
  func `elements come back from blocks that are kept`(_ filters: [BlockFilter]) throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20 {
      let shape = (0..<1 + random.below(4)).map { _ in 1 + random.below(9) }
      let blockShape = shape.map { 1 + random.below($0 + 2) }
      let sample = try BlockSample(
        shape: shape, blockShape: blockShape, filters: filters,
        skipped: { UInt32($0 % 3 == 1 ? 1 : 0) }, missing: [random.below(6)])
      let place = sample.directory.path("out")
      let storage = try #require(sample.tensor.blocks)
      let file = try UnnamedFile(beside: place)
      #expect(try sample.directory.contents == ["blocks"])
      for _ in 0..<2 {
        var tensor = sample.tensor
        tensor.decoded = try DecodedBlocks(of: storage, in: file)
        let ranges = (0..<30).map { _ in
          let start = random.below(sample.expected.count)
          return start..<start + 1 + random.below(sample.expected.count - start)
        }
        try WorkerPool(jobs: 4, isCancelled: { false }).run(
          ranges.count, makeWorker: {},
          { [tensor, expected = sample.expected] _, item in
            let found = try tensor.bytes(ranges[item])
            #expect(
              found == Array(expected[ranges[item]]), "\(shape) in \(blockShape), \(ranges[item])")
          })
      }
    }
  }

  /// What is done to the bytes of the first block, and what then is wrong.
  private struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let filters: [BlockFilter]
    let error: FilterError?
    let make: @Sendable (inout [UInt8]) -> Void

    static let all = [
      Damage(
        testDescription: "no zlib stream", filters: [.deflate], error: .damagedStream,
        make: { $0 = [UInt8](repeating: 7, count: $0.count) }),
      Damage(
        testDescription: "cut", filters: [.deflate], error: .damagedStream,
        make: { $0.removeLast(3) }),
      Damage(
        testDescription: "something behind the stream", filters: [.deflate],
        error: .trailingBytes(2), make: { $0 += [0, 0] }),
      Damage(
        testDescription: "fewer bytes", filters: [], error: .wrongLength(expected: 12),
        make: { $0.removeLast() }),
      Damage(
        testDescription: "more bytes", filters: [], error: .wrongLength(expected: 12),
        make: { $0.append(0) }),
      Damage(
        testDescription: "another value", filters: [.fletcher32], error: nil,
        make: { $0[3] ^= 1 }),
    ]
  }

  @Test(arguments: Damage.all)
  private func `damage is told`(_ damage: Damage) throws {
    let sample = try BlockSample(
      shape: [4, 3], blockShape: [2, 3], filters: damage.filters, damage: damage.make)
    let error = try #require(throws: DatasetError.self) { try sample.tensor.bytes(0..<24) }
    if let expected = damage.error {
      #expect(error.reason == expected)
    } else {
      guard case .checksum = error.reason else {
        Issue.record("\(error)")
        return
      }
    }
    // The other blocks are none the worse.
    #expect(try sample.tensor.bytes(12..<24) == Array(sample.expected[12..<24]))
  }

  @Test func `a stream of another length than the block's is refused`() throws {
    let deflated = try Dictionary(
      uniqueKeysWithValues: [11, 13].map {
        ($0, try BlockSample.deflated([UInt8](repeating: 1, count: $0)))
      })
    for count in [11, 13] {
      let sample = try BlockSample(
        shape: [2, 3], blockShape: [2, 3], filters: [.deflate],
        damage: { $0 = deflated[count] ?? [] })
      let error = #expect(throws: DatasetError.self) { try sample.tensor.bytes(0..<12) }
      #expect(error?.reason == .wrongLength(expected: 12))
    }
  }

  @Test func `bytes in another order, inline and constant ones`() throws {
    let file = try BlockSample(shape: [1], blockShape: [1], filters: []).tensor.file
    func bytes(_ storage: EncodedStorage, _ shape: [Int], _ range: Range<Int>) throws -> [UInt8] {
      try StoredTensor(
        file: file,
        descriptor: TensorDescriptor(
          name: "t", dtype: .float32, shape: shape, storage: .encoded(storage))
      ).bytes(range)
    }
    let inline = EncodedStorage.inline([0x3f, 0x80, 0, 1, 0x40, 0, 0, 2])
    #expect(
      try bytes(.bigEndian(inline, size: 4), [2], 0..<8) == [1, 0, 0x80, 0x3f, 2, 0, 0, 0x40])
    #expect(try bytes(.bigEndian(inline, size: 4), [2], 4..<8) == [2, 0, 0, 0x40])
    for size in [2, 4, 8] {
      let values = EncodedStorage.inline((1...8).map { UInt8($0) })
      let expected = stride(from: 0, to: 8, by: size).flatMap { start in
        (start..<start + size).reversed().map { UInt8($0 + 1) }
      }
      #expect(try bytes(.bigEndian(values, size: size), [2], 0..<8) == expected)
    }
    #expect(
      try bytes(.constant([1, 2, 3, 4]), [9], 3..<33)
        == (3..<33).map { UInt8($0 % 4 + 1) })
    #expect(try bytes(.constant([1, 2, 3, 4]), [3], 4..<12) == [1, 2, 3, 4, 1, 2, 3, 4])
    #expect(try bytes(.contiguous(0..<3), [1], 0..<3) == [1, 2, 3])
  }
}
