import Testing

@testable import QConvert

/// A shape with a block, and its groups counted out element by element.
struct BlockedShape: Sendable, CustomTestStringConvertible {
  let shape: [Int]
  let block: [Int]
  /// The group of every element.
  let groups: [Int]

  var testDescription: String { "\(shape) in \(block)" }
  var geometry: BlockGeometry { BlockGeometry(shape: shape, block: block) }

  init(_ shape: [Int], _ block: [Int]) {
    self.shape = shape
    self.block = block
    groups = (0..<shape.reduce(1, *)).map { element in
      var rest = element
      var indices: [Int] = []
      for length in shape.reversed() {
        indices.insert(rest % length, at: 0)
        rest /= length
      }
      return shape.indices.reduce(0) { group, axis in
        group * ((shape[axis] + block[axis] - 1) / block[axis]) + indices[axis] / block[axis]
      }
    }
  }

  /// Whether all blocks are full.
  var isEven: Bool { zip(shape, block).allSatisfy { $0 % $1 == 0 } }

  /// Random shapes of 1 to 4 axes with blocks that divide them, or with any.
  static func random(_ count: Int, seed: UInt64, ragged: Bool = false) -> [BlockedShape] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let rank = 1 + random.below(4)
      let shape = (0..<rank).map { _ in random.pick([1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 33]) }
      let limited = shape.reduce(1, *) > 4000 ? shape.map { min($0, 6) } : shape
      let block = limited.map { length in
        ragged
          ? random.pick([1, 1, length, 1 + random.below(length), length + 1])
          : random.pick((1...length).filter { length % $0 == 0 } + [1, length])
      }
      return BlockedShape(limited, block)
    }
  }

  /// Shapes whose rows are longer than a pattern of lanes, with runs too short for vectors.
  static let longRows = [
    BlockedShape([3, 5000], [3, 1]), BlockedShape([4, 4100], [2, 2]),
    BlockedShape([2, 1500, 2], [2, 1, 1]), BlockedShape([1, 4097], [1, 1]),
    BlockedShape([2, 3, 2400], [1, 3, 8]), BlockedShape([5, 2048], [5, 1]),
    BlockedShape([3, 2049], [1, 3]), BlockedShape([700, 3], [700, 1]),
    BlockedShape([700, 3], [350, 3]), BlockedShape([6, 480], [3, 15]),
    BlockedShape([6, 480], [3, 16]),
  ]

  /// Blocks that do not divide the axes of such shapes, and blocks that are longer.
  static let raggedRows = [
    BlockedShape([5, 5000], [3, 1]), BlockedShape([4, 4100], [2, 3]),
    BlockedShape([3, 2049], [1, 5]), BlockedShape([700, 3], [512, 1]),
    BlockedShape([700, 3], [701, 1]), BlockedShape([6, 480], [4, 33]),
    BlockedShape([3, 700, 2], [1, 256, 1]), BlockedShape([1, 64], [2, 1]),
  ]

  static let all =
    random(250, seed: 12) + longRows + random(250, seed: 16, ragged: true) + raggedRows

  /// Stretches of the elements: all, single ones, and random ones.
  func stretches(_ random: inout SeededGenerator) -> [Range<Int>] {
    let count = groups.count
    let parts = (0..<6).map { _ in
      let start = random.below(count)
      return start..<start + 1 + random.below(count - start)
    }
    return [0..<count, 0..<1, count - 1..<count] + parts
  }
}
