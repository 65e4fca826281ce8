extension QuantizationRecord {
  /// What a model without a record is, as far as its files tell; nil where they do not.
  init?(recognizing model: Model) throws(RecordError) {
    let tensors = model.shards.flatMap(\.checkpoint.tensors)
    if let settings = model.configuration?["quantization"], settings["group_size"] != nil {
      try self.init(mlx: settings, of: tensors)
    } else {
      return nil
    }
  }
}
