extension KerasLayout {
  /// The spec as Keras quantizes the layer: kernels along what they sum up, embeddings along their rows. An
  /// `EinsumDense` in int4 is a matrix (what is summed up, the rest).
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    guard let parameter = tensor.layer?.keras else { throw wrongInput }
    if let reason = try reasonToCopy(tensor, parameter) { return .copy(reason) }
    guard tensor.dtype == .float32 else {
      throw unsupported(
        "\(tensor.dtype), in whose precision Keras would compute: F32 only, or --exclude it", tensor
      )
    }
    guard parameter.numbers.elementsEqual(0..<parameter.numbers.count),
      parameter.numbers.count <= (parameter.isEmbedding ? 1 : 2)
    else {
      let count = parameter.numbers.count
      throw unsupported("a layer of class \(parameter.class) with \(count) variables", tensor)
    }
    let contracted = try contraction(of: tensor, parameter)
    if spec.dtype == .int8, let equation = parameter.kerasEquation {
      guard equation.scaleShape(ofKernel: tensor.shape) != nil else {
        throw unsupported(
          "the equation \(parameter.equation ?? ""), whose output has the axes of the kernel in another"
            + " order", tensor)
      }
      let sizes = contracted.map { $0 ? -1 : 1 }
      return .quantize(try fitted(spec, channels: .perBlocks(sizes), tensor), as: tensor.shape)
    }
    if parameter.isEmbedding {
      return .quantize(
        try fitted(spec, channels: .perChannel(axis: 0), blockAxis: 1, tensor), as: tensor.shape)
    }
    let rows = zip(tensor.shape, contracted).reduce(1) { $1.1 ? $0 * $1.0 : $0 }
    return .quantize(
      try fitted(spec, channels: .perChannel(axis: 1), blockAxis: 0, tensor),
      as: [rows, tensor.elementCount / rows])
  }

  /// Why Keras leaves a variable as it is.
  private func reasonToCopy(
    _ tensor: TensorDescriptor, _ parameter: KerasParameter
  ) throws(LayoutError) -> String? {
    if isArchive, !parameter.isConfigured || parameter.isInAttention {
      return parameter.isInAttention
        ? "Keras cannot load quantized attentions from an archive"
        : "config.json does not tell of its layer"
    }
    guard let className = parameter.className else {
      throw unsupported(
        "a layer whose class is not known: pass the .keras archive, or --exclude it", tensor)
    }
    guard Self.classes.contains(className) else { return "Keras does not quantize \(className)" }
    if parameter.hasInnerLayers {
      return "Keras does not quantize a \(className) with layers within it"
    }
    if let text = parameter.equation, KerasEquation(text)?.isComplete == false {
      return "Keras cannot quantize the equation \(text)"
    }
    let isReverse = className == "ReversibleEmbedding" && parameter.number > 0
    return parameter.number == 0 || isReverse ? nil : "Keras quantizes kernels and embeddings only"
  }

  private static let classes = ["Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"]

  /// Which axes are summed up.
  private func contraction(
    of tensor: TensorDescriptor, _ parameter: KerasParameter
  ) throws(LayoutError) -> [Bool] {
    if parameter.className == "EinsumDense" {
      guard let text = parameter.equation else {
        throw unsupported(
          "an EinsumDense whose equation is not known: pass the .keras archive, or --exclude it",
          tensor)
      }
      guard let equation = KerasEquation(text), equation.isComplete,
        let contraction = equation.contraction(rank: tensor.shape.count)
      else {
        throw unsupported("the equation \(text) and a kernel \(tensor.shape)", tensor)
      }
      return contraction
    }
    guard tensor.shape.count == 2 else {
      throw unsupported("a \(parameter.class) of \(tensor.shape.count) axes", tensor)
    }
    return parameter.isEmbedding ? [false, true] : [true, false]
  }

  /// The spec with its groups and the calculator of Keras.
  private func fitted(
    _ spec: QuantizationSpec, channels: Granularity, blockAxis: Int? = nil,
    _ tensor: TensorDescriptor
  ) throws -> QuantizationSpec {
    guard spec.dtype == .int8 || spec.dtype == .int4 else {
      throw unsupported("\(spec.dtype.rawValue): int8 and int4 only", tensor)
    }
    guard spec.formulation == .zeroPoint else {
      throw unsupported("the formulation minval", tensor)
    }
    let (granularity, scheme, calculator): (Granularity, QuantizationScheme, String)
    switch (spec.granularity, spec.scheme) {
    case (.perChannel(nil), .symmetric), (.perChannel(nil), .symmetricWithClipping):
      // No value of int8 is the lowest one; in int4 it is within the bounds.
      scheme = spec.dtype == .int8 ? .symmetricWithClipping : .symmetric
      (granularity, calculator) = (channels, KerasAbsMaxQParams.name)
    case (.perBlock(nil, let size), .asymmetric):
      guard spec.dtype == .int4, let blockAxis else { throw unsupported("int8 in blocks", tensor) }
      granularity = .perBlock(axis: blockAxis, size: size)
      (scheme, calculator) = (.asymmetric, KerasGroupedQParams.name)
    default:
      throw unsupported(
        "\(spec.scheme.rawValue) \(spec.granularity): symmetric channels, or asymmetric blocks of"
          + " int4, along the axes that Keras takes", tensor)
    }
    guard ["default", calculator].contains(spec.qparamsCalculator) else {
      throw unsupported("the calculator \(spec.qparamsCalculator)", tensor)
    }
    return try QuantizationSpec(
      dtype: spec.dtype, scheme: scheme, granularity: granularity, floatRange: spec.floatRange,
      qparamsCalculator: calculator, rangeCalculator: spec.rangeCalculator)
  }

  private func unsupported(_ what: String, _ tensor: TensorDescriptor) -> LayoutError {
    .unsupported(layout: name, what: what, tensor.name)
  }
}

extension KerasParameter {
  fileprivate var isEmbedding: Bool { className?.hasSuffix("Embedding") == true }
  fileprivate var `class`: String { className ?? "" }
}
