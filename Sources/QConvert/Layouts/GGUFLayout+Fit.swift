extension GGUFLayout {
  /// The spec in blocks of a row, for weights of linear layers and stacks of experts.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    if let half { return .copy("nothing is quantized in files of \(half.dtype)") }
    guard tensor.dtype != .float64 else { return .copy("blocks are not made of float64") }
    guard tensor.shape.count == 2 || tensor.holdsExperts else {
      return .copy("only the weights of linear layers have blocks")
    }
    if let reason = tensor.matrixRole?.reasonToCopy { return .copy(reason) }
    let fitted = try fitted(spec, tensor)
    _ = try fitted.granularity.blockShape(for: tensor.shape)
    return .quantize(fitted, as: tensor.shape)
  }

  /// F32, or where nothing is quantized the type of matrices; consumers know no float64 weights, which stay as
  /// they are.
  public func precision(
    ofUnquantized tensor: TensorDescriptor, _ decision: TensorDecision
  ) -> FloatPrecision? {
    if tensor.dtype == .float64 { return nil }
    switch decision {
    case .copy(.excluded), .copy(.switchedOff): return .float32
    default: return tensor.shape.count > 1 ? half ?? .float32 : .float32
    }
  }

  private func fitted(
    _ spec: QuantizationSpec, _ tensor: TensorDescriptor
  ) throws(LayoutError) -> QuantizationSpec {
    func unsupported(_ what: String) -> LayoutError {
      .unsupported(layout: name, what: what, tensor.name)
    }
    guard let type = GGMLType(blocksOf: spec) else { throw unsupported("\(spec)") }
    let last = tensor.shape.count - 1
    guard case .perBlock(let axis, type.blockLength) = spec.granularity,
      axis == nil || axis == last
    else {
      throw unsupported("\(spec.granularity): blocks of \(type.blockLength) in a row only")
    }
    guard let own = type.calculator,
      let calculator = spec.calculator(ofLibrary: own, takesReference: type.takesReference),
      let fitted = type.spec(rank: tensor.shape.count, calculator: calculator, like: spec)
    else { throw unsupported("the calculator \(spec.qparamsCalculator) in blocks of \(type)") }
    return fitted
  }
}
