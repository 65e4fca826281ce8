extension CompressedTensorsLayout {
  /// The spec over matrices of linear layers.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    if let reason = tensor.reasonToCopy(for: name, hasTransposedLayers: hasTransposedLayers) {
      return .copy(reason)
    }
    let fitted = try fitted(spec, tensor)
    if case .perBlocks = fitted.granularity {
    } else {
      // Only squares may be ragged.
      _ = try fitted.granularity.blockShape(for: tensor.shape)
    }
    return .quantize(fitted, as: tensor.shape)
  }

  private func fitted(
    _ spec: QuantizationSpec, _ tensor: TensorDescriptor
  ) throws -> QuantizationSpec {
    func unsupported(_ what: String) -> LayoutError {
      .unsupported(layout: name, what: what, tensor.name)
    }
    guard let granularity = try spec.granularity.alongRows() else {
      throw unsupported("\(spec.granularity): tensors, rows, groups of rows and squares only")
    }
    let format = format(of: spec)
    let calculator = spec.calculator(
      ofLibrary: format.calculator, takesReference: format.takesReference)
    guard let calculator else { throw unsupported("the calculator \(spec.qparamsCalculator)") }
    let known = format.spec(
      bits: spec.dtype.bitWidth, scheme: spec.scheme, granularity, calculator: calculator,
      like: spec)
    guard let known, known.dtype == spec.dtype, spec.formulation == .zeroPoint,
      spec.scheme != .symmetricWithClipping
    else { throw unsupported("\(spec) as \(format.rawValue)") }
    return known
  }
}
