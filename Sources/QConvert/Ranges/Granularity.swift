/// How many elements of a tensor share one scale.
public enum Granularity: Hashable, Sendable {
  /// One group: the tensor.
  case perTensor
  /// One group per index of an axis; a negative axis counts from the end. Nil means the default of
  /// the layer: axis 0.
  case perChannel(axis: Int?)
  /// Groups of `size` elements along an axis. Of axes 0 and 1 the other is split into single indices;
  /// the axes from 2 on, a convolution's kernel, stay whole. Nil means the default of the layer: axis 1.
  case perBlock(axis: Int?, size: Int)
  /// Groups of this extent along every axis; -1 takes a whole axis.
  case perBlocks([Int])

  /// The shape of one group in a weight of this shape.
  ///
  /// Every extent divides its axis.
  /// - Throws: ``GranularityError`` where the granularity cannot apply to the shape.
  public func blockShape(for shape: [Int]) throws(GranularityError) -> [Int] {
    try blockShape(for: shape, isRagged: false)
  }

  /// The shape of one group; a ragged one need not divide its axes, and may reach beyond them.
  func blockShape(for shape: [Int], isRagged: Bool) throws(GranularityError) -> [Int] {
    switch self {
    case .perTensor:
      return shape
    case .perChannel(let axis):
      var block = shape
      block[try Self.resolve(axis ?? 0, rank: shape.count)] = 1
      return block
    case .perBlock(let axis, let size):
      let axis = try Self.resolve(axis ?? 1, rank: shape.count)
      var block = shape
      for other in 0..<min(2, shape.count) where other != axis { block[other] = 1 }
      block[axis] = try Self.extent(size, of: shape, axis: axis, isRagged)
      return block
    case .perBlocks(let sizes):
      guard sizes.count == shape.count else {
        throw .rankMismatch(blockSizes: sizes, rank: shape.count)
      }
      var block = shape
      for (axis, size) in sizes.enumerated() where size != -1 {
        block[axis] = try Self.extent(size, of: shape, axis: axis, isRagged)
      }
      return block
    }
  }

  /// The same granularity with the default axis of a layer filled in and a negative one counted out.
  func resolved(rank: Int) throws(GranularityError) -> Granularity {
    switch self {
    case .perTensor, .perBlocks: self
    case .perChannel(let axis): .perChannel(axis: try Self.resolve(axis ?? 0, rank: rank))
    case .perBlock(let axis, let size):
      .perBlock(axis: try Self.resolve(axis ?? 1, rank: rank), size: size)
    }
  }

  private static func resolve(_ axis: Int, rank: Int) throws(GranularityError) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    guard 0..<rank ~= resolved else { throw .axisOutOfRange(axis: axis, rank: rank) }
    return resolved
  }

  private static func extent(
    _ size: Int, of shape: [Int], axis: Int, _ isRagged: Bool
  ) throws(GranularityError) -> Int {
    guard size > 0, isRagged || shape[axis] % size == 0 else {
      throw .indivisible(axis: axis, length: shape[axis], blockSize: size)
    }
    // However far a block reaches, it is partial.
    return min(size, shape[axis] + 1)
  }
}

/// Why a granularity cannot apply to a tensor.
public enum GranularityError: Error, Hashable, Sendable {
  case axisOutOfRange(axis: Int, rank: Int)
  case indivisible(axis: Int, length: Int, blockSize: Int)
  case rankMismatch(blockSizes: [Int], rank: Int)
  /// An activation, of which no layer tells the axis.
  case noDefaultAxis
}

extension GranularityError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .axisOutOfRange(let axis, let rank):
      "axis \(axis) does not exist in a tensor of rank \(rank)"
    case .indivisible(let axis, let length, let blockSize):
      "block size \(blockSize) does not divide axis \(axis) of length \(length)"
    case .rankMismatch(let blockSizes, let rank):
      "\(blockSizes.count) block sizes for a tensor of rank \(rank)"
    case .noDefaultAxis: "an activation has no default axis: name one"
    }
  }
}
