extension TorchAOLayout {
  /// The spec over matrices of linear layers, which is what transformers has torchao quantize.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    guard tensor.dtype != .float64 else { return .copy("torchao has no weights of float64") }
    guard let role = tensor.matrixRole else { return .copy("torchao quantizes linear layers only") }
    if let reason = role.reasonToCopy { return .copy(reason) }
    if hasTransposedLayers, tensor.isOfTransposedLayer {
      return .copy("a Conv1D, which is no linear layer to torchao")
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
    let granularity: Granularity
    switch try spec.granularity.resolved(rank: 2) {
    case .perTensor: granularity = .perTensor
    case .perChannel(let axis) where axis == nil || axis == 0: granularity = .perChannel(axis: 0)
    case .perBlock(let axis, let size) where axis == nil || axis == 1:
      granularity = .perBlock(axis: 1, size: size)
    case .perBlocks(let sizes) where sizes.count == 2 && sizes[0] == 1:
      granularity = .perBlock(axis: 1, size: sizes[1])
    case let other: throw unsupported("\(other): tensors, rows and groups of rows only")
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
    let calculator = spec.qparamsCalculator
    guard ["default", tensorClass.calculator, "static"].contains(calculator) else {
      throw unsupported("the calculator \(calculator)")
    }
    let known = tensorClass.spec(
      bits: spec.dtype.bitWidth, scheme: spec.scheme, granularity,
      calculator: calculator == "static" ? calculator : nil, like: spec)
    guard let known else { throw unsupported("\(spec)") }
    return known
  }
}
