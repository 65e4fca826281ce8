extension QuantizationRecord {
  /// A model whose files describe tensors of torchao in their metadata; nil where none does.
  ///
  /// Codes and parameters of a weight may be in two shards. Whether integers are symmetric the files do not
  /// tell, but `config.json` does; it only matters for quantizing again.
  init?(torchao settings: JSONValue?, of model: Model) throws(RecordError) {
    let layout = TorchAOLayout()
    let checkpoints = model.shards.map(\.checkpoint)
    guard checkpoints.contains(where: { $0.entries.contains { $0.name == TorchAOLayout.listName } })
    else { return nil }
    let known = Dictionary(
      checkpoints.flatMap(\.tensors).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let mapping = settings?["quant_type"]?["default"]?["_data"]?["mapping_type"]?["_data"]?.string
    let scheme: QuantizationScheme = mapping == "ASYMMETRIC" ? .asymmetric : .symmetric
    var found: [Tensor] = []
    var seen: Set<TensorName> = []
    for entry in checkpoints.flatMap(\.entries) where layout.isOwn(entry) {
      let name = TensorName(entry.name)
      guard entry.name != TorchAOLayout.listName, seen.insert(name).inserted else { continue }
      guard let json = try? JSONValue(parsing: entry.value.utf8),
        let type = json[TorchAOLayout.typeKey]?.string
      else { throw .mismatchedEntry(name) }
      guard type != "Tensor" else { continue }
      guard let tensorClass = TorchAOClass(className: type) else {
        throw .unsupportedMode(name, type)
      }
      let module = name.module.isEmpty ? "" : "\(name.module)."
      let codes = known[TensorName("\(module)_\(name.parameter)_qdata")]
      // A tied weight is described twice and stored once.
      guard let codes else { continue }
      guard let data = json["_data"], let shape = codes.shape.nonEmptyMatrix,
        let block = data["block_size"]?.shape, block.count == 2,
        let precision = data["dtype"]?["_data"]?.string.flatMap(FloatPrecision.init(torchName:)),
        let spec = tensorClass.spec(data, scheme, block, of: shape)
      else { throw .mismatchedEntry(codes.name) }
      found.append(Tensor(name: name, precision: precision, shape: shape, spec: spec))
    }
    self.init(
      layout: layout.name, isPacked: false, tensors: found,
      isRecorded: false)
  }
}

extension [Int] {
  /// A shape of two axes that are not empty.
  fileprivate var nonEmptyMatrix: [Int]? { count == 2 && allSatisfy { $0 > 0 } ? self : nil }
}

extension TorchAOClass {
  /// The spec of a tensor with this description; nil where that is none of the class.
  fileprivate func spec(
    _ data: JSONValue, _ scheme: QuantizationScheme, _ block: [Int], of shape: [Int]
  ) -> QuantizationSpec? {
    let granularity: Granularity
    switch (block[0], block[1]) {
    case (1, shape[1]): granularity = .perChannel(axis: 0)
    case (shape[0], shape[1]): granularity = .perTensor
    case (1, let size): granularity = .perBlock(axis: 1, size: size)
    default: return nil
    }
    guard self == .intx else { return spec(granularity) }
    guard let name = data["target_dtype"]?["_data"]?.string,
      let dtype = QuantizedDType(rawValue: name), dtype.isSignedInteger
    else { return nil }
    return spec(bits: dtype.bitWidth, scheme: scheme, granularity)
  }
}
