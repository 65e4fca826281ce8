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

/// The equation of an `EinsumDense`: input, kernel and output with a letter for every axis.
struct KerasEquation {
  /// Of the projections of an attention: features to heads.
  static let toHeads = "abc,cde->abde"
  /// Heads to features.
  static let fromHeads = "abcd,cde->abe"

  private let input: [Character]
  private let kernel: [Character]
  private let output: [Character]

  /// Takes an equation apart; nil where it is none.
  init?(_ text: String) {
    let letters = text.filter { !$0.isWhitespace }
    guard let comma = letters.firstIndex(of: ","),
      let arrow = letters.firstIndex(of: "-"), comma < arrow,
      letters[arrow...].starts(with: "->")
    else { return nil }
    input = Array(letters[..<comma])
    kernel = Array(letters[letters.index(after: comma)..<arrow])
    output = Array(letters[arrow...].dropFirst(2))
    guard kernel.allSatisfy({ $0.isASCII && $0.isLetter }), Set(kernel).count == kernel.count else {
      return nil
    }
  }

  /// The axes of the kernel, nil where it has another number of axes.
  ///
  /// A channel is one axis, and a kernel may have several letters of the output: heads and their
  /// features, say. It is the last of them, of those that the input has not where there are any. Blocks
  /// run along the last axis that is summed up.
  func axes(rank: Int) -> KerasAxes? {
    guard kernel.count == rank,
      let channel = kernel.lastIndex(where: { output.contains($0) && !input.contains($0) })
        ?? kernel.lastIndex(where: output.contains),
      let block = kernel.lastIndex(where: { !output.contains($0) })
    else { return nil }
    return KerasAxes(channel: channel, block: block, isAssumed: false)
  }
}
