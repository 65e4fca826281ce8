extension QuantizationRecord {
  /// What a model without a record is, as far as its files tell; nil where they do not.
  init?(recognizing model: Model) throws(RecordError) {
    let tensors = model.shards.flatMap(\.checkpoint.tensors)
    guard let settings = model.configuration?["quantization"], settings["group_size"] != nil else {
      return nil
    }
    try self.init(mlx: settings, of: tensors, in: model.precision)
  }
}

extension Model {
  /// The precision of the float model, as `config.json` says, or else its tensors.
  var precision: FloatPrecision? {
    let name = configuration?["dtype"]?.string ?? configuration?["torch_dtype"]?.string
    if let name, let precision = FloatPrecision(configured: name) { return precision }
    let dtypes = shards.lazy.flatMap(\.checkpoint.tensors).map(\.dtype)
    return dtypes.compactMap { FloatPrecision($0) }.first
  }
}

extension FloatPrecision {
  /// The precision of a name that torch has for it.
  fileprivate init?(configured name: String) {
    switch name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name {
    case "float32", "float": self = .float32
    case "float16", "half": self = .float16
    case "bfloat16": self = .bfloat16
    default: return nil
    }
  }
}
