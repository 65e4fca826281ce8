extension Granularity {
  /// The shape of one group in an activation of this shape.
  ///
  /// Unlike in a weight, blocks along one axis split every other axis into single indices, and no layer
  /// gives a default axis (coreai-opt 0.3.0, `PerBlockGranularity`).
  ///
  /// - Throws: ``GranularityError`` where the granularity cannot apply to the shape.
  public func activationBlockShape(for shape: [Int]) throws(GranularityError) -> [Int] {
    switch self {
    case .perChannel(nil), .perBlock(nil, _): throw .noDefaultAxis
    case .perBlock(let axis?, let size):
      guard case .perBlock(let axis?, _) = try resolved(rank: shape.count) else {
        throw .axisOutOfRange(axis: axis, rank: shape.count)
      }
      var sizes = [Int](repeating: 1, count: shape.count)
      sizes[axis] = size
      return try Granularity.perBlocks(sizes).blockShape(for: shape)
    case .perTensor, .perChannel, .perBlocks: return try blockShape(for: shape)
    }
  }
}
