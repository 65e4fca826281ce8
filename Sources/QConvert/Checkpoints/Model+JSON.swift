import SystemPackage

extension Model {
  /// The contents as a JSON object: path, bytes, layout, metadata, warnings, shards, and tensors with name,
  /// dtype, shape, bytes, the shard where there are several and, where qconvert has quantized them, spec.
  ///
  /// - Throws: ``CheckpointError`` when what a file says of its quantization cannot be understood.
  public func json() throws -> String {
    var tensors: [JSONValue] = []
    var metadata: [JSONValue.Member] = []
    var layout: String?
    for shard in shards {
      let record = try shard.checkpoint.quantizationRecord()
      let quantized = record?.tensorsByName ?? [:]
      layout = layout ?? record?.layout
      tensors += shard.checkpoint.tensors.map { tensor in
        JSONValue.object([
          "name": .string(tensor.name.string),
          "dtype": .string(tensor.dtype.rawValue),
          "shape": .array(tensor.shape.map(JSONValue.integer)),
          "bytes": .integer(tensor.byteCount),
          "shard": directory == nil ? nil : .string(shard.name),
          "spec": quantized[tensor.name]?.spec.json,
        ])
      }
      for entry in shard.checkpoint.metadata
      where !metadata.contains(where: { $0.name.utf8.elementsEqual(entry.name.utf8) }) {
        metadata.append(JSONValue.Member(name: entry.name, value: .string(entry.value)))
      }
    }
    return JSONValue.object([
      "path": .string(path.string),
      "bytes": .integer(shards.reduce(0) { $0 + $1.checkpoint.byteCount }),
      "layout": layout.map(JSONValue.string),
      "metadata": .object(metadata),
      "warnings": .array(
        (warnings + shards.flatMap { $0.checkpoint.warnings + $0.checkpoint.nonTensors })
          .map(JSONValue.string)),
      "shards": directory == nil
        ? nil
        : .array(
          shards.map { shard in
            .object([
              "name": .string(shard.name), "bytes": .integer(shard.checkpoint.byteCount),
            ])
          }),
      "companions": directory == nil ? nil : .array(companions.map { .string($0.name) }),
      "tensors": .array(tensors),
    ]).indented(depth: 2)
  }
}
