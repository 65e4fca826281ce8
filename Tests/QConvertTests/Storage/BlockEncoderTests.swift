import Fixtures
import Testing

@testable import QConvert

/// Encodes blocks, and decodes them as those of files.
@Suite struct BlockEncoderTests {
  static let steps: [[BlockEncoding]] = [
    [], [.shuffle], [.deflate(level: 1)], [.deflate(level: 9)], [.fletcher32],
    [.shuffle, .deflate(level: 4)], [.shuffle, .deflate(level: 6), .fletcher32],
    [.fletcher32, .deflate(level: 0), .shuffle],
  ]

  @Test(arguments: steps, [1, 2, 3, 4, 8])
  func `what is encoded is decoded again`(_ steps: [BlockEncoding], _ size: Int) throws {
    let directory = try TemporaryDirectory()
    let (encoder, decoder) = (BlockEncoder(), BlockDecoder())
    for count in [0, 1, 7, 100, 4096, 100_003] {
      let block = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 16 * $0 % 50) }
      let (bytes, skipped) = encoder.stored(block, steps, elementSize: size)
      let file = try InputFile(directory.write(bytes, to: "block"))
      let filters: [BlockFilter] = steps.map { step in
        switch step {
        case .shuffle: .shuffle(elementSize: size)
        case .deflate: .deflate
        case .fletcher32: .fletcher32
        }
      }
      let stored = BlockStorage.Block(bytes: 0..<bytes.count, skippedFilters: skipped)
      let decoded = try decoder.elements(stored, filters, byteCount: count, from: file)
      #expect(decoded == block, "\(count) bytes")
    }
  }

  @Test func `bytes of elements are put apart`() {
    let (bytes, skipped) = BlockEncoder().stored([1, 2, 3, 4, 5, 6, 7], [.shuffle], elementSize: 3)
    #expect(bytes == [1, 4, 2, 5, 3, 6, 7] && skipped == 0)
  }

  @Test func `deflating is left out where nothing is gained`() {
    var random = SeededGenerator(seed: 3)
    let block = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let (bytes, skipped) = BlockEncoder().stored(
      block, [.shuffle, .deflate(level: 9)], elementSize: 1)
    #expect(bytes == block && skipped == 0b10)
  }
}

extension BlockEncoder {
  fileprivate func stored(
    _ block: [UInt8], _ steps: [BlockEncoding], elementSize: Int
  ) -> (bytes: [UInt8], skipped: UInt32) {
    unsafe block.withUnsafeBytes { block in
      let (bytes, skipped) = unsafe encode(block, steps, elementSize: elementSize)
      return unsafe (Array(bytes), skipped)
    }
  }
}

extension BlockDecoder {
  fileprivate func elements(
    _ block: BlockStorage.Block, _ filters: [BlockFilter], byteCount: Int, from file: InputFile
  ) throws -> [UInt8] {
    var elements = [UInt8](repeating: 0, count: byteCount)
    unsafe try elements.withUnsafeMutableBytes { target in
      unsafe try decode(block, filters, from: file, into: target)
    }
    return elements
  }
}
