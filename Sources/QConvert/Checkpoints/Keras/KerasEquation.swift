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

extension KerasEquation {
  /// Whether the axes of the output are letters, so that their number is known.
  var isComplete: Bool { output.allSatisfy { $0.isASCII && $0.isLetter } }

  /// Which axes of the kernel are summed up; nil where it has another number of axes.
  func contraction(rank: Int) -> [Bool]? {
    kernel.count == rank ? kernel.map { !output.contains($0) } : nil
  }

  /// The shape of scales that are laid out like the output: 1 along axes that the kernel has not. Nil where
  /// the axes of the kernel are in another order in the output.
  func scaleShape(ofKernel shape: [Int]) -> [Int]? {
    let lengths = Dictionary(zip(kernel, shape)) { first, _ in first }
    guard kernel.count == shape.count,
      output.filter(kernel.contains) == kernel.filter(output.contains)
    else { return nil }
    return output.map { lengths[$0] ?? 1 }
  }
}
