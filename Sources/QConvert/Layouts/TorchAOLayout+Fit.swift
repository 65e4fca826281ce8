extension TorchAOLayout {
  /// The spec over matrices of linear layers, which is what transformers has torchao quantize.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    if let reason = tensor.reasonToCopy(for: name, hasTransposedLayers: hasTransposedLayers) {
      return .copy(reason)
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
    let granularity = try spec.granularity.alongRows()
    let isSquare = if case .perBlocks = granularity { true } else { false }
    guard let granularity, !isSquare else {
      throw unsupported("\(spec.granularity): tensors, rows and groups of rows only")
    }
    guard spec.dtype.isSignedInteger || spec.dtype == .float8E4M3, spec.scaleDType == .none,
      spec.formulation == .zeroPoint, spec.scheme != .symmetricWithClipping
    else { throw unsupported("\(spec)") }
    let resolved = spec.replacing(granularity)
    let tensorClass = TorchAOClass(resolved)
    let isRow = if case .perBlock = granularity { false } else { true }
    guard isRow || tensorClass == .intx else {
      throw unsupported("\(spec): groups are of integers")
    }
    guard granularity != .perTensor || tensorClass != .intx else {
      throw unsupported("\(spec): one scale goes with int8 symmetric and float8")
    }
    guard
      let calculator = spec.calculator(ofLibrary: tensorClass.calculator, takesReference: true)
    else { throw unsupported("the calculator \(spec.qparamsCalculator)") }
    let known = tensorClass.spec(
      bits: spec.dtype.bitWidth, scheme: spec.scheme, granularity, calculator: calculator,
      like: spec)
    guard let known else { throw unsupported("\(spec)") }
    return known
  }
}
