extension QuantizationRecord {
  /// What a model without a record is, as far as its files tell; nil where they do not.
  init?(recognizing model: Model) throws(RecordError) {
    let tensors = model.shards.flatMap(\.checkpoint.tensors)
    if model.isGGUF {
      self.init(gguf: tensors)
      if self.tensors.isEmpty { return nil }
      return
    }
    let settings = model.configuration?["quantization_config"]
    if let settings = model.configuration?["quantization"], settings["group_size"] != nil {
      try self.init(mlx: settings, of: tensors, in: model.precision)
    } else if let settings, settings["quant_method"]?.string == "compressed-tensors" {
      try self.init(compressedTensors: settings, of: model)
    } else if let torchao = try QuantizationRecord(torchao: settings, of: model) {
      self = torchao
    } else {
      try self.init(fp8: settings, of: tensors, in: model.precision)
    }
  }
}

extension Model {
  /// What is quantized in the model, and how: what its files record, or else what they tell in the ways of
  /// other libraries; nil where nothing is known to be.
  ///
  /// - Throws: ``CheckpointError`` when what a file says cannot be understood.
  public func quantizationRecord() throws -> QuantizationRecord? {
    let records = try shards.compactMap { try $0.checkpoint.quantizationRecord() }
    do {
      return try QuantizationRecord(merging: records) ?? QuantizationRecord(recognizing: self)
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
  }

  /// The precision of the float model, as `config.json` says, or else its tensors.
  var precision: FloatPrecision? {
    let name = configuration?["dtype"]?.string ?? configuration?["torch_dtype"]?.string
    if let name, let precision = FloatPrecision(torchName: name) { return precision }
    // Not that of scales.
    let parameters = shards.lazy.flatMap(\.checkpoint.tensors).filter {
      ["weight", "bias"].contains($0.name.parameter)
    }
    return parameters.compactMap { FloatPrecision($0.dtype) }.first
  }
}

extension FloatPrecision {
  /// The precision of a name that torch has for it.
  init?(torchName name: String) {
    switch name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name {
    case "float32", "float": self = .float32
    case "float16", "half": self = .float16
    case "bfloat16": self = .bfloat16
    default: return nil
    }
  }

  /// The name that torch has for it.
  var torchName: String {
    switch self {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    }
  }
}
