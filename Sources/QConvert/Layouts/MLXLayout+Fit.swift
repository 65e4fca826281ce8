extension MLXLayout {
  /// The spec in groups of the last axis, for what mlx-lm quantizes: linear layers, embeddings, and stacks
  /// of experts.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    guard tensor.dtype != .float64 else { return .copy("MLX has no weights of float64") }
    guard tensor.name.parameter == "weight" else {
      return .copy("MLX quantizes the weights of modules only")
    }
    guard tensor.shape.count == 2 || tensor.name.string.contains("experts") else {
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
    guard Self.groupSizes.contains(size) else {
      throw unsupported("groups of \(size): \(Self.groupSizes.words) only")
    }
    let bits = spec.dtype.bitWidth
    guard spec.dtype.isInteger, Self.bitWidths.contains(bits),
      let dtype = QuantizedDType(bits: bits, isSigned: false)
    else {
      throw unsupported("\(spec.dtype.rawValue): integers of \(Self.bitWidths.words) bits only")
    }
    guard ["default", MLXAffineQParams.name].contains(spec.qparamsCalculator) else {
      throw unsupported("the calculator \(spec.qparamsCalculator)")
    }
    return try QuantizationSpec(
      dtype: dtype, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: last, size: size), floatRange: spec.floatRange,
      qparamsCalculator: MLXAffineQParams.name, rangeCalculator: spec.rangeCalculator)
  }

  static let bitWidths = [2, 3, 4, 5, 6, 8]
  static let groupSizes = [32, 64, 128]
}

extension [Int] {
  /// The numbers one after the other.
  var words: String { map(String.init).joined(separator: ", ") }
}
