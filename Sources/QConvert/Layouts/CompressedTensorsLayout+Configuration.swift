extension CompressedTensorsLayout: ModelConfiguring {
  /// What the library writes into its files.
  func metadata(of model: LayoutModel) -> [MetadataEntry] {
    [MetadataEntry(name: "format", value: "pt")]
  }

  func adapted(to configuration: JSONValue) -> any OutputLayout {
    var layout = self
    layout.hasTransposedLayers = configuration.hasTransposedLayers
    return layout
  }

  var configurationNames: [String] { ["quantization_config"] }

  /// A group for every spec, of which that of most layers is for all linear ones that no other names, and the
  /// layers that stay as they are.
  func configuration(of model: LayoutModel) -> String {
    guard let common = model.specs.mostFrequent else { return JSONValue.null.description }
    var others: [QuantizationSpec] = []
    for spec in model.specs where spec != common && !others.contains(spec) { others.append(spec) }
    let groups = (others + [common]).enumerated().map { index, spec in
      let names = model.tensors.filter { $0.spec == spec }.map(\.name.module)
      return JSONValue.Member(
        name: "group_\(index)",
        value: .object([
          "targets": .array((spec == common ? ["Linear"] : names).map(JSONValue.string)),
          "weights": arguments(spec), "input_activations": .null, "output_activations": .null,
          "format": .string(format(of: spec).rawValue),
        ]))
    }
    let formats = Set((others + [common]).map(format))
    return JSONValue.object([
      "quant_method": .string("compressed-tensors"),
      "format": .string(
        formats.count == 1 ? format(of: common).rawValue : "mixed-precision"),
      "quantization_status": .string("compressed"),
      "config_groups": .object(groups),
      "ignore": .array(ignored(model).map(JSONValue.string)),
      "kv_cache_scheme": .null,
    ]).description
  }

  /// The linear layers that are not quantized; output heads also where they are the embedding and have no
  /// tensor of their own.
  private func ignored(_ model: LayoutModel) -> [String] {
    // A head may have a bias of its own nevertheless.
    let modules = Set(
      model.tensors.lazy.filter { $0.name.parameter == "weight" }.map(\.name.module))
    let tied = Self.heads.filter { head, neighbours in
      !modules.contains(head)
        && (neighbours.isEmpty || modules.contains { $0.hasPrefix(neighbours) })
    }
    return model.tensors.filter { $0.spec == nil && $0.isLinear }.map(\.name.module)
      + tied.map(\.key)
  }

  /// Output heads that are often the embedding, and what the names of others in their models begin with:
  /// those of causal models, of RoBERTa, of models for images and text, of BERT, ALBERT, DistilBERT, ELECTRA.
  private static let heads: KeyValuePairs = [
    "lm_head": "", "lm_head.decoder": "lm_head.", "language_model.lm_head": "language_model.",
    "cls.predictions.decoder": "cls.predictions.", "predictions.decoder": "predictions.",
    "vocab_projector": "vocab_transform", "generator_lm_head": "generator_predictions.",
  ]

  /// What consumers do not load, or not in the way in which they load all else.
  func warnings(of model: LayoutModel) -> [String] {
    let formats = Set(model.specs.map(format))
    let hasPackedZeros = model.specs.contains { zeroPointPacking(of: $0) != nil }
    let isWidened = model.tensors.contains {
      $0.dtype != .bfloat16 && $0.spec.map { format(of: $0).groupSize != nil } == true
    }
    var warnings: [String] = []
    if formats.contains(.int) {
      warnings.append(
        "vLLM takes int-quantized weights only with quantized activations; "
          + "--variant pack-quantized --bits 8 holds the same numbers")
    }
    if hasPackedZeros || isWidened {
      warnings.append(
        "transformers loads \(hasPackedZeros ? "packed zero points" : "such weights of other types than bfloat16") "
          + "only with CompressedTensorsConfig(dequantize=True)")
    }
    return warnings
  }

  /// What the library calls `QuantizationArgs`.
  private func arguments(_ spec: QuantizationSpec) -> JSONValue {
    let format = format(of: spec)
    var size: Int?
    var structure: [Int]?
    let strategy: String
    switch spec.granularity {
    case .perTensor: strategy = "tensor"
    case .perChannel: strategy = "channel"
    case .perBlock(_, let group):
      strategy = format == .nvfp4 ? "tensor_group" : "group"
      size = group
    case .perBlocks(let sizes):
      strategy = "block"
      structure = sizes
    }
    let scale: String? =
      switch format {
      case .mxfp4, .mxfp8: "torch.uint8"
      case .nvfp4: "torch.float8_e4m3fn"
      case .packed, .int, .float: nil
      }
    return .object([
      "num_bits": .integer(spec.dtype.bitWidth),
      "type": .string(spec.dtype.isInteger ? "int" : "float"),
      "symmetric": .bool(spec.scheme == .symmetric),
      "strategy": .string(strategy),
      "group_size": size.map(JSONValue.integer),
      "block_structure": structure.map { .array($0.map(JSONValue.integer)) },
      "dynamic": .bool(false),
      "scale_dtype": scale.map(JSONValue.string),
    ])
  }
}
