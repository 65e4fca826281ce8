extension Granularity {
  /// The groups of a matrix whose rows are channels, with the axes filled in; nil where they go along the other
  /// axis.
  ///
  /// - Throws: ``GranularityError`` where the granularity is none of matrices.
  func alongRows() throws(GranularityError) -> Granularity? {
    switch try resolved(rank: 2) {
    case .perTensor: .perTensor
    case .perChannel(let axis) where axis == nil || axis == 0: .perChannel(axis: 0)
    case .perBlock(let axis, let size) where axis == nil || axis == 1:
      .perBlock(axis: 1, size: size)
    case .perBlocks(let sizes) where sizes.count == 2:
      sizes[0] == 1 ? .perBlock(axis: 1, size: sizes[1]) : .perBlocks(sizes)
    default: nil
    }
  }
}
