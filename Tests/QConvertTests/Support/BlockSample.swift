import CDeflate
import Fixtures
import Testing

@testable import QConvert

/// A tensor of two-byte elements, element i holding i, stored in blocks.
struct BlockSample {
  let tensor: StoredTensor
  let directory: TemporaryDirectory
  let expected: [UInt8]

  init(
    shape: [Int], blockShape: [Int], filters: [BlockFilter],
    skipped: (Int) -> UInt32 = { _ in 0 },
    missing: Set<Int> = [], fill: [UInt8] = [0xab, 0xcd], dtype: DType = .uint16,
    damage: (inout [UInt8]) -> Void = { _ in }
  ) throws {
    let count = shape.reduce(1, *)
    var expected = (0..<count).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8 & 0xff)] }
    let grid = zip(shape, blockShape).map { ($0 + $1 - 1) / $1 }
    var file: [UInt8] = [1, 2, 3]
    var blocks: [Int: BlockStorage.Block] = [:]
    for block in 0..<grid.reduce(1, *) {
      let origin = zip(Self.position(block, grid), blockShape).map { $0 * $1 }
      var bytes: [UInt8] = []
      for element in 0..<blockShape.reduce(1, *) {
        let place = zip(origin, Self.position(element, blockShape)).map { $0 + $1 }
        let isInside = zip(place, shape).allSatisfy { $0 < $1 }
        let index = zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }
        if isInside, missing.contains(block) {
          expected[2 * index] = fill[0]
          expected[2 * index + 1] = fill[1]
        }
        bytes += isInside ? [UInt8(index & 0xff), UInt8(index >> 8 & 0xff)] : [0xee, 0xee]
      }
      if missing.contains(block) { continue }
      for (index, filter) in filters.enumerated() where skipped(block) & 1 << index == 0 {
        bytes = try Self.apply(filter, bytes)
      }
      if block == 0 { damage(&bytes) }
      blocks[block] = BlockStorage.Block(
        bytes: file.count..<file.count + bytes.count, skippedFilters: skipped(block))
      file += bytes
    }
    directory = try TemporaryDirectory()
    let storage = BlockStorage(
      shape: shape, blockShape: blockShape, elementSize: 2, filters: filters, blocks: blocks,
      fill: fill)
    tensor = StoredTensor(
      file: try InputFile(directory.write(file, to: "blocks")),
      descriptor: TensorDescriptor(
        name: "t", dtype: dtype, shape: shape, storage: .encoded(.blocks(storage))))
    self.expected = expected
  }

  private static func position(_ index: Int, _ shape: [Int]) -> [Int] {
    var rest = index
    return shape.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }.reversed()
  }

  private static func apply(_ filter: BlockFilter, _ bytes: [UInt8]) throws -> [UInt8] {
    switch filter {
    case .shuffle(let size):
      let count = bytes.count / size
      return (0..<size).flatMap { byte in (0..<count).map { bytes[$0 * size + byte] } }
        + bytes[(count * size)...]
    case .fletcher32:
      let sum = Self.fletcher32(bytes)
      return bytes + (0..<4).map { UInt8(sum >> (8 * UInt32($0)) & 0xff) }
    case .deflate:
      return try Self.deflated(bytes)
    }
  }

  static func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
    let compressor = unsafe try #require(unsafe libdeflate_alloc_compressor(4))
    defer { unsafe libdeflate_free_compressor(compressor) }
    var stream = unsafe [UInt8](
      repeating: 0, count: libdeflate_zlib_compress_bound(compressor, bytes.count))
    let count = unsafe libdeflate_zlib_compress(
      compressor, bytes, bytes.count, &stream, stream.count)
    try #require(count > 0)
    return Array(stream.prefix(count))
  }

  /// Fletcher's checksum by its definition: sums modulo 65535, which is 0 only where all words are.
  static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 0
    var high: UInt32 = 0
    for start in stride(from: 0, to: bytes.count, by: 2) {
      let second = start + 1 < bytes.count ? UInt32(bytes[start + 1]) : 0
      low += UInt32(bytes[start]) << 8 | second
      low = low > 0xffff ? low - 0xffff : low
      high += low
      high = high > 0xffff ? high - 0xffff : high
    }
    return high << 16 | low
  }
}
