import Testing

@testable import QConvert

@Suite struct GranularityTests {
  /// numerics.md, "Block shape per granularity".
  @Test(
    arguments: [
      (.perTensor, [4, 6, 3], [4, 6, 3]),
      (.perTensor, [], []),
      (.perChannel(axis: nil), [4, 6, 3], [1, 6, 3]),
      (.perChannel(axis: 1), [4, 6, 3], [4, 1, 3]),
      (.perChannel(axis: -1), [4, 6, 3], [4, 6, 1]),
      (.perChannel(axis: -3), [4, 6, 3], [1, 6, 3]),
      (.perBlock(axis: nil, size: 3), [4, 6], [1, 3]),
      (.perBlock(axis: nil, size: 3), [4, 6, 5, 5], [1, 3, 5, 5]),
      (.perBlock(axis: 0, size: 2), [4, 6, 5], [2, 1, 5]),
      (.perBlock(axis: 2, size: 5), [4, 6, 5, 7], [1, 1, 5, 7]),
      (.perBlock(axis: -1, size: 3), [4, 6], [1, 3]),
      (.perBlock(axis: 0, size: 4), [8], [4]),
      (.perBlock(axis: 1, size: 6), [4, 6], [1, 6]),
      (.perBlocks([2, -1, 1]), [4, 6, 3], [2, 6, 1]),
      (.perBlocks([-1, -1]), [4, 6], [4, 6]),
    ] as [(Granularity, [Int], [Int])])
  func `a block has the extents that the granularity asks for`(
    _ granularity: Granularity, _ shape: [Int], _ block: [Int]
  ) throws {
    #expect(try granularity.blockShape(for: shape) == block)
  }

  @Test(
    arguments: [
      (.perBlock(axis: 0, size: 4), [6, 3], [4, 1]),
      (.perBlock(axis: 1, size: 8), [4, 6], [1, 7]),
      (.perBlock(axis: 1, size: .max), [4, 6], [1, 7]),
      (.perBlocks([-1, 5, 1]), [4, 6, 3], [4, 5, 1]),
    ] as [(Granularity, [Int], [Int])])
  func `a ragged block reaches beyond its axis by one at most`(
    _ granularity: Granularity, _ shape: [Int], _ block: [Int]
  ) throws {
    #expect(try granularity.blockShape(for: shape, isRagged: true) == block)
    #expect(throws: GranularityError.self) { try granularity.blockShape(for: shape) }
  }

  @Test(
    arguments: [
      (.perChannel(axis: 2), [4, 6], .axisOutOfRange(axis: 2, rank: 2)),
      (.perChannel(axis: -3), [4, 6], .axisOutOfRange(axis: -3, rank: 2)),
      (.perChannel(axis: nil), [], .axisOutOfRange(axis: 0, rank: 0)),
      (.perBlock(axis: nil, size: 2), [4], .axisOutOfRange(axis: 1, rank: 1)),
      (.perBlock(axis: 5, size: 2), [4, 6], .axisOutOfRange(axis: 5, rank: 2)),
      (.perBlock(axis: nil, size: 4), [4, 6], .indivisible(axis: 1, length: 6, blockSize: 4)),
      (.perBlock(axis: -2, size: 8), [4, 6], .indivisible(axis: 0, length: 4, blockSize: 8)),
      (.perBlock(axis: 0, size: 0), [4, 6], .indivisible(axis: 0, length: 4, blockSize: 0)),
      (.perBlocks([2, 5]), [4, 6], .indivisible(axis: 1, length: 6, blockSize: 5)),
      (.perBlocks([2]), [4, 6], .rankMismatch(blockSizes: [2], rank: 2)),
      (.perBlocks([2, 2, 2]), [4, 6], .rankMismatch(blockSizes: [2, 2, 2], rank: 2)),
    ] as [(Granularity, [Int], GranularityError)])
  func `what cannot apply is an error that says why`(
    _ granularity: Granularity, _ shape: [Int], _ error: GranularityError
  ) {
    #expect(throws: error) { try granularity.blockShape(for: shape) }
  }

  @Test func `errors name the numbers`() {
    let errors: [GranularityError] = [
      .axisOutOfRange(axis: 7, rank: 2), .indivisible(axis: 1, length: 61, blockSize: 32),
      .rankMismatch(blockSizes: [2], rank: 3),
    ]
    let numbers = [["7", "2"], ["1", "61", "32"], ["1", "3"]]
    for (error, numbers) in zip(errors, numbers) {
      for number in numbers { #expect("\(error)".contains(number)) }
    }
  }
}
