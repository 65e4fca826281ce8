/// Along which axes a weight of Keras is quantized.
struct KerasAxes: Hashable, Sendable {
  /// The axis of the output channels; an embedding's rows.
  let channel: Int
  /// The axis of what is summed up, along which blocks run.
  let block: Int
  /// Whether nothing tells that the axes are these.
  let isAssumed: Bool
}

extension KerasAxes {
  /// The axes of most weights of Keras, (…, in, out): channels along the last axis, blocks along the one
  /// before, so along axis 0 of a matrix; nil for a scalar.
  init?(assumedOfRank rank: Int) {
    guard rank > 0 else { return nil }
    self.init(channel: rank - 1, block: max(rank - 2, 0), isAssumed: true)
  }

  /// The axes of a variable of a layer; assumed where the layer's class is not known, or where it does not
  /// fit the number of axes.
  ///
  /// A depthwise kernel (…, in, multiplier) has a channel for every input; blocks run along the
  /// multiplier, which is mostly too short for any, as in other frameworks.
  init?(of role: KerasRole, in kind: KerasLayerKind?, rank: Int) {
    guard let assumed = KerasAxes(assumedOfRank: rank) else { return nil }
    self = Self.known(role, kind, rank) ?? assumed
  }

  private static func known(_ role: KerasRole, _ kind: KerasLayerKind?, _ rank: Int) -> KerasAxes? {
    let isOutputLast: Bool
    switch (role, kind) {
    case (.kernel, .dense):
      guard rank == 2 else { return nil }
      isOutputLast = true
    case (.kernel, .einsum(let equation)):
      return equation.flatMap { KerasEquation($0) }.flatMap { $0.axes(rank: rank) }
    case (.kernel, .convolution(rank)), (.kernel, .cell(rank)): isOutputLast = true
    case (.kernel, .transposedConvolution(rank)): isOutputLast = false
    case (.recurrentKernel, .cell(let cellRank)):
      guard rank == cellRank else { return nil }
      isOutputLast = true
    case (.recurrentKernel, _) where rank == 2: isOutputLast = true
    case (.pointwiseKernel, _) where rank > 2: isOutputLast = true
    case (.depthwiseKernel, _) where rank > 2: isOutputLast = false
    case (.embeddings, _) where rank == 2: isOutputLast = false
    case (.reverseEmbeddings, _) where rank == 2: isOutputLast = true
    default: return nil
    }
    return isOutputLast
      ? KerasAxes(channel: rank - 1, block: rank - 2, isAssumed: false)
      : KerasAxes(channel: rank - 2, block: rank - 1, isAssumed: false)
  }
}
