extension CompressedTensorsLayout {
  /// The spec over matrices of linear layers.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    guard tensor.dtype != .float64 else {
      return .copy("compressed-tensors has no weights of float64")
    }
    guard let role = tensor.matrixRole else {
      return .copy("compressed-tensors quantizes linear layers only")
    }
    if let reason = role.reasonToCopy { return .copy(reason) }
    if hasTransposedLayers, tensor.isOfTransposedLayer {
      return .copy("a Conv1D, which is no linear layer to compressed-tensors")
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
    let granularity: Granularity
    switch try spec.granularity.resolved(rank: 2) {
    case .perTensor: granularity = .perTensor
    case .perChannel(let axis) where axis == nil || axis == 0: granularity = .perChannel(axis: 0)
    case .perBlock(let axis, let size) where axis == nil || axis == 1:
      granularity = .perBlock(axis: 1, size: size)
    case .perBlocks(let sizes) where sizes.count == 2 && sizes[0] == 1:
      granularity = .perBlock(axis: 1, size: sizes[1])
    case .perBlocks(let sizes) where sizes.count == 2: granularity = .perBlocks(sizes)
    case let other: throw unsupported("\(other): tensors, rows, groups of rows and squares only")
    }
    let format = format(of: spec)
    let calculator = spec.qparamsCalculator
    guard
      ["default", format.calculator].contains(calculator)
        || calculator == "static" && format.takesReference
    else { throw unsupported("the calculator \(calculator)") }
    let known = format.spec(
      bits: spec.dtype.bitWidth, scheme: spec.scheme, granularity,
      calculator: calculator == "static" ? calculator : nil, like: spec)
    guard let known, known.dtype == spec.dtype, spec.formulation == .zeroPoint,
      spec.scheme != .symmetricWithClipping
    else { throw unsupported("\(spec) as \(format.rawValue)") }
    return known
  }
}

extension TensorDescriptor {
  /// Whether a layer of the GPT-2 family owns the weight whose matrix has its inputs first.
  var isOfTransposedLayer: Bool {
    let layers: Set = ["c_attn", "q_attn", "c_fc", "c_proj"]
    return name.module.split(separator: ".").last.map { layers.contains(String($0)) } ?? false
  }
}

extension JSONValue {
  /// Whether a `config.json` is of a model with such layers.
  var hasTransposedLayers: Bool {
    let models: Set = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer", "clvp"]
    return self["model_type"]?.string.map(models.contains) ?? false
  }
}
