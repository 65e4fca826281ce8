extension MLXLayout {
  /// The spec in groups of the last axis, for what mlx-lm quantizes: linear layers, embeddings, and stacks
  /// of experts.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    guard tensor.dtype != .float64 else { return .copy("MLX has no weights of float64") }
    guard tensor.name.parameter == "weight" else {
      return .copy("MLX quantizes the weights of modules only")
    }
    guard tensor.shape.count == 2 || tensor.holdsExperts else {
      return .copy("MLX quantizes linear layers and embeddings only")
    }
    let fitted = try fitted(spec, tensor)
    _ = try fitted.granularity.blockShape(for: tensor.shape)
    return .quantize(fitted, as: tensor.shape)
  }

  private func fitted(
    _ spec: QuantizationSpec, _ tensor: TensorDescriptor
  ) throws -> QuantizationSpec {
    func unsupported(_ what: String) -> LayoutError {
      .unsupported(layout: name, what: what, tensor.name)
    }
    let last = tensor.shape.count - 1
    guard case .perBlock(let axis, let size) = spec.granularity, axis == nil || axis == last else {
      throw unsupported("\(spec.granularity): groups of the last axis only")
    }
    let mode = MLXMode(spec)
    let calculator = spec.calculator(
      ofLibrary: mode.calculator, takesReference: mode.takesReference)
    guard let calculator else { throw unsupported("the calculator \(spec.qparamsCalculator)") }
    let known = mode.spec(
      bits: spec.dtype.bitWidth, groupSize: size, axis: last, calculator: calculator, like: spec)
    guard let known, known.scaleDType == spec.scaleDType || mode == .mxfp8 else {
      throw unsupported("\(spec.dtype.rawValue) in groups of \(size): \(mode.choices)")
    }
    return known
  }
}
