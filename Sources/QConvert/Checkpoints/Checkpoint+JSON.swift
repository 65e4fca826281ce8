import SystemPackage

extension Checkpoint {
  /// The contents as a JSON object: path, bytes, metadata, warnings, and tensors with name, dtype,
  /// shape, bytes and, where qconvert has quantized them, spec.
  public func json(record: QuantizationRecord?) -> String {
    let quantized = record?.tensorsByName ?? [:]
    let members = tensors.map { tensor in
      JSONValue.object([
        "name": .string(tensor.name.string),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.map(JSONValue.integer)),
        "bytes": .integer(tensor.bytes.count),
        "spec": quantized[tensor.name]?.spec.json,
      ])
    }
    let metadata = header.metadata.map {
      JSONValue.Member(name: $0.name, value: .string($0.value))
    }
    return JSONValue.object([
      "path": .string(path.string),
      "bytes": .integer(byteCount),
      "layout": record.map { .string($0.layout) },
      "metadata": .object(metadata),
      "warnings": .array(warnings.map(JSONValue.string)),
      "tensors": .array(members),
    ]).indented(depth: 2)
  }
}
