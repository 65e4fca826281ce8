extension QuantizationSpec: CustomStringConvertible {
  /// The spec in the words of the command line: `int8 symmetric zp per_channel(axis 0)`.
  public var description: String {
    var words = [dtype.rawValue]
    if dtype.isInteger { words += [scheme.rawValue, formulation.rawValue] }
    words.append("\(granularity)")
    if scaleDType != .none { words.append("e8m0 scales") }
    if floatRange != .observed {
      let bounds = [floatRange.low, floatRange.high].map { $0.map { "\($0)" } ?? "none" }
      words.append("range \(bounds.joined(separator: ","))")
    }
    if rangeCalculator != "minmax" { words.append(rangeCalculator) }
    if qparamsCalculator != "default" { words.append(qparamsCalculator) }
    return words.joined(separator: " ")
  }
}

extension Granularity: CustomStringConvertible {
  /// The granularity in the words of the command line.
  public var description: String {
    switch self {
    case .perTensor: "per_tensor"
    case .perChannel(let axis): "per_channel\(axis.map { "(axis \($0))" } ?? "")"
    case .perBlock(let axis, let size):
      "per_block(\(axis.map { "axis \($0), " } ?? "")\(size))"
    case .perBlocks(let sizes):
      "per_block(\(sizes.map(String.init).joined(separator: ",")))"
    }
  }
}
