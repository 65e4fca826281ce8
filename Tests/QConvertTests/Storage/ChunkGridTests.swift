import Testing

@testable import QConvert

/// Cuts datasets into chunks.
@Suite struct ChunkGridTests {
  static let cases: [(shape: [Int], chunk: [Int], size: Int)] = [
    ([10], [3], 4), ([3], [8], 4), ([7, 5], [2, 5], 2), ([7, 5], [3, 2], 8), ([4, 6], [4, 6], 1),
    ([5, 9], [1, 4], 2), ([6, 3], [1, 1], 4), ([3, 4, 5], [2, 3, 2], 2),
    ([3, 4, 5], [1, 3, 5], 4),
    ([2, 3, 7], [1, 1, 3], 1), ([3, 1], [1, 1], 5), ([5, 2], [2, 7], 3),
  ]

  @Test(arguments: cases)
  func `bands hold every byte once, and every chunk`(_ shape: [Int], _ chunk: [Int], _ size: Int) {
    let grid = ChunkGrid(shape: shape, chunk: chunk, elementSize: size, steps: [])
    let byteCount = shape.reduce(size, *)
    let bands = grid.bands(touching: 0..<byteCount)
    #expect(bands.lowerBound == 0)
    let places = bands.map(grid.bytes(ofBand:))
    #expect(places.flatMap(Array.init) == Array(0..<byteCount))
    #expect(places.allSatisfy { $0.count <= grid.bandByteCount })
    #expect(
      bands.flatMap { Array(grid.chunks(ofBand: $0)) } == Array(0..<grid.chunkCount))
    for byte in 0..<byteCount {
      let found = grid.bands(touching: byte..<byte + 1)
      #expect(found.count == 1 && places[found.lowerBound].contains(byte))
    }
  }

  /// Bytes in pieces of any length, out of order, against a look at every element.
  @Test(arguments: cases)
  func `chunks hold the elements of their place, and zeros beyond`(
    _ shape: [Int], _ chunk: [Int], _ size: Int
  ) throws {
    let grid = ChunkGrid(shape: shape, chunk: chunk, elementSize: size, steps: [])
    let bytes = (0..<shape.reduce(size, *)).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
    for length in [1, 3, 11, bytes.count] {
      let gatherer = BandGatherer(grid)
      let cutter = ChunkCutter()
      var chunks: [Int: [UInt8]] = [:]
      for start in stride(from: 0, to: bytes.count, by: length).reversed() {
        try unsafe bytes[start..<min(start + length, bytes.count)].withUnsafeBytes { piece in
          try unsafe gatherer.put(piece, at: start) { band, bytes in
            for index in grid.chunks(ofBand: band) {
              let cut = unsafe cutter.cut(chunk: index, of: grid, band: band, bytes)
              #expect(chunks.updateValue(unsafe Array(cut), forKey: index) == nil)
            }
          }
        }
      }
      #expect(chunks.count == grid.chunkCount)
      for (index, found) in chunks {
        #expect(found == expected(index, grid, bytes), "chunk \(index) in pieces of \(length)")
      }
    }
  }

  private func expected(_ index: Int, _ grid: ChunkGrid, _ bytes: [UInt8]) -> [UInt8] {
    let start = grid.start(ofChunk: index)
    return (0..<grid.chunk.reduce(1, *)).flatMap { element in
      var rest = element
      var place = 0
      var stride = 1
      var isInside = true
      for axis in grid.shape.indices.reversed() {
        let position = start[axis] + rest % grid.chunk[axis]
        rest /= grid.chunk[axis]
        isInside = isInside && position < grid.shape[axis]
        place += position * stride
        stride *= grid.shape[axis]
      }
      let first = place * grid.elementSize
      return isInside
        ? Array(bytes[first..<first + grid.elementSize])
        : Array(repeating: 0, count: grid.elementSize)
    }
  }

  @Test(
    arguments: [
      ([1000, 1000], [100, 1000], [100, 1000]), ([1000, 1000], [1000, 1000], [250, 1000]),
      ([1000, 1000], [300, 10], [250, 10]), ([4, 1_000_000], [4, 1_000_000], [1, 250_000]),
      ([4, 1_000_000], [4, 1000], [1, 1000]), ([5_000_000], [5_000_000], [250_000]),
      ([3, 5], [1 << 20, 1 << 20], [3, 5]), ([3], [8], [8]), ([0, 5], [4, 5], [4, 5]),
    ] as [([Int], [Int], [Int])])
  func `chunks are made smaller where their bands would not fit`(
    _ shape: [Int], _ chunk: [Int], _ expected: [Int]
  ) {
    #expect(
      ChunkGrid.chunk(chunk, of: shape, elementSize: 4, byteLimit: 1_000_000) == expected)
  }
}
