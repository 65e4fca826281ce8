/// The weights of a model that are quantized already, found by the parameters that stand beside them.
///
/// A tensor of an integer or 8-bit type is taken for a quantized weight when a scale of one of the known
/// spellings stands beside it: `weight_scale_inv` (DeepSeek), `weight_scale` (compressed-tensors,
/// ModelOpt, qconvert), `scales` (GPTQ, AWQ, MLX), `_scales` of `_blocks` (gpt-oss), `SCB` and `absmax`
/// (bitsandbytes), `quantized_data` (coreai-opt).
struct QuantizedWeights {
  private var reasons: [TensorName: CopyReason] = [:]

  init(_ tensors: some Sequence<TensorDescriptor>) {
    let quantized = tensors.filter { Self.types.contains($0.dtype) }
    guard !quantized.isEmpty else { return }
    let names = Set(tensors.lazy.map(\.name))
    for tensor in quantized where reasons[tensor.name] == nil {
      let beside = Self.parameterNames(of: tensor.name).filter { names.contains($0.name) }
      guard let scale = beside.first(where: \.isScale) else { continue }
      reasons[tensor.name] = .alreadyQuantized(tensor.dtype, scale: scale.name)
      for parameter in beside { reasons[parameter.name] = .parameter(of: tensor.name) }
    }
  }

  /// Why a tensor is copied; nil when it has nothing to do with quantized weights.
  func reasonToCopy(_ name: TensorName) -> CopyReason? { reasons[name] }

  private static let types: Set<DType> = [
    .int8, .uint8, .int32, .uint32, .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ,
    .float4E2M1, .float6E2M3, .float6E3M2,
  ]

  /// Endings of what holds the values of a weight.
  private static let valueEndings = ["_packed", "_blocks", "_qdata", "_quantized"]
  /// Endings that the name of a weight takes for its parameters; scales first.
  private static let endings = [
    "_scale_inv", "_scale", "_scales", "_global_scale", "_scale_2", ".absmax",
    "_zero_point", "_minval", "_shape", ".quant_map", ".nested_absmax", ".nested_quant_map",
    ".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4",
  ]
  /// Names of parameters within the module of a weight; scales first.
  private static let siblings = [
    "scales", "scale", "scale_weight", "SCB", "biases", "qzeros", "zeros", "g_idx", "zero_point",
    "minval", "input_scale", "weight_format",
  ]
  private static let scaleCount = (endings: 6, siblings: 4)

  private static func parameterNames(
    of name: TensorName
  ) -> [(name: TensorName, isScale: Bool)] {
    var stem = name.string
    if let ending = valueEndings.first(where: stem.hasSuffix) {
      stem.removeLast(ending.count)
    }
    var found = endings.enumerated().map { index, ending in
      (name: TensorName(stem + ending), isScale: index < scaleCount.endings)
    }
    if ["weight", "qweight", "quantized_data"].contains(name.parameter) {
      let module = name.module.isEmpty ? "" : "\(name.module)."
      found += siblings.enumerated().map { index, sibling in
        (TensorName(module + sibling), index < scaleCount.siblings)
      }
    }
    return found
  }
}
