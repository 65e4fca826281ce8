extension TorchAOLayout: ModelConfiguring {
  /// What every file says of all parameters, whatever file they are in: transformers takes the list of the
  /// last file for that of the model.
  func metadata(of model: LayoutModel) -> [MetadataEntry] {
    let names = JSONValue.array(model.tensors.map { .string($0.name.string) })
    return [
      MetadataEntry(name: "format", value: "pt"),
      MetadataEntry(name: Self.listName, value: names.description),
    ]
      + model.tensors.map {
        MetadataEntry(name: $0.name.string, value: Self.description(of: $0).description)
      }
  }

  func isOwn(_ entry: MetadataEntry) -> Bool {
    entry.name == Self.listName || entry.value.hasPrefix("{\"\(Self.typeKey)\":")
  }

  func adapted(to configuration: JSONValue) -> any OutputLayout {
    var layout = self
    layout.hasTransposedLayers = configuration.hasTransposedLayers
    return layout
  }

  /// The names of the metadata and the key by which its texts are known.
  static let listName = "tensor_names"
  static let typeKey = "_type"

  var configurationNames: [String] { ["quantization_config"] }

  /// The configuration of most weights; what the others are, their metadata tells.
  func configuration(of model: LayoutModel) -> String {
    let left = model.tensors.filter { $0.spec == nil && $0.isLinear && $0.name.module != "lm_head" }
    let names = (["lm_head"] + left.map(\.name.module)).map(JSONValue.string)
    return JSONValue.object([
      "quant_method": .string("torchao"),
      "quant_type": .object([
        "default": model.specs.mostFrequent.map(Self.configuration) ?? .null
      ]),
      // Without a list the output head is left out, and nothing else.
      "modules_to_not_convert": left.isEmpty ? .null : .array(names),
      "include_input_output_embeddings": .bool(false),
      "untie_embedding_weights": .bool(false),
    ]).description
  }
}

extension TorchAOLayout {
  /// What torchao writes of a tensor, so that it can put it together again.
  private static func description(of tensor: LayoutOutcome) -> JSONValue {
    guard let spec = tensor.spec else { return .object([typeKey: .string("Tensor")]) }
    let block = (try? spec.granularity.blockShape(for: tensor.shape)) ?? tensor.shape
    let size = JSONValue.array(block.map(JSONValue.integer))
    let dtype = torchType(FloatPrecision(tensor.dtype)?.torchName ?? "")
    let tensorClass = TorchAOClass(spec)
    let members: KeyValuePairs<String, JSONValue?> =
      switch tensorClass {
      case .int8:
        [
          "act_quant_kwargs": .null, "reduce_range": .bool(false), "block_size": size,
          "dtype": dtype,
        ]
      case .float8:
        [
          "block_size": size, "mm_config": .null, "act_quant_kwargs": .null,
          "kernel_preference": typed("KernelPreference", .string("AUTO")), "dtype": dtype,
        ]
      case .intx:
        [
          "target_dtype": torchType("int\(spec.dtype.bitWidth)"), "block_size": size,
          "dtype": dtype, "activation_quantization": .null,
        ]
      }
    let parts = tensorClass == .int8 ? ["zero_point", "qdata", "scale"] : ["qdata", "scale"]
    let names = parts + (tensorClass == .intx ? ["zero_point"] : [])
    return .object([
      typeKey: .string(tensorClass.className), "_data": .object(members),
      "_tensor_data_names": .array(names.map(JSONValue.string)),
    ])
  }

  /// The configuration by which torchao would quantize so.
  private static func configuration(_ spec: QuantizationSpec) -> JSONValue {
    let granularity: JSONValue =
      switch spec.granularity {
      case .perTensor: versioned("PerTensor", 1, .object([:]))
      case .perBlock(_, let size):
        versioned("PerGroup", 1, .object(["group_size": .integer(size)]))
      case _ where TorchAOClass(spec) == .intx:
        versioned("PerAxis", 1, .object(["axis": .integer(0)]))
      default: versioned("PerRow", 1, .object(["dim": .integer(-1)]))
      }
    switch TorchAOClass(spec) {
    case .int8:
      return versioned(
        "Int8WeightOnlyConfig", 2,
        .object([
          "group_size": .null, "granularity": granularity, "set_inductor_config": .bool(true),
        ]))
    case .float8:
      return versioned(
        "Float8WeightOnlyConfig", 2,
        .object([
          "weight_dtype": torchType("float8_e4m3fn"), "set_inductor_config": .bool(true),
          "granularity": granularity,
        ]))
    case .intx:
      let mapping = spec.scheme == .symmetric ? "SYMMETRIC" : "ASYMMETRIC"
      return versioned(
        "IntxWeightOnlyConfig", 2,
        .object([
          "weight_dtype": torchType("int\(spec.dtype.bitWidth)"), "granularity": granularity,
          "mapping_type": typed("MappingType", .string(mapping)), "scale_dtype": .null,
          "intx_packing_format": typed("IntxPackingFormat", .string("UNPACKED_TO_INT8")),
          "intx_choose_qparams_algorithm": typed(
            "IntxChooseQParamsAlgorithm", .string("AFFINE")),
        ]))
    }
  }

  private static func typed(_ type: String, _ data: JSONValue) -> JSONValue {
    .object([typeKey: .string(type), "_data": data])
  }

  private static func versioned(_ type: String, _ version: Int, _ data: JSONValue) -> JSONValue {
    .object([typeKey: .string(type), "_version": .integer(version), "_data": data])
  }

  private static func torchType(_ name: String) -> JSONValue {
    typed("torch.dtype", .string(name))
  }
}
