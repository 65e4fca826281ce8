import SystemPackage

extension Model {
  /// The contents as a JSON object: path, bytes, layout, metadata, warnings, shards, tensors with name,
  /// dtype, shape, bytes, the shard where there are several and, where they are known to be quantized, spec; of a
  /// model of Keras, layers with path, name, class, how that is known and tensors, and of every tensor its
  /// layer, class, role and axes.
  ///
  /// - Throws: ``CheckpointError`` when what a file says of its quantization cannot be understood.
  public func json() throws -> String {
    var tensors: [JSONValue] = []
    var metadata: [JSONValue.Member] = []
    let record = try quantizationRecord()
    let quantized = record?.tensorsByName ?? [:]
    let isSharded = directory != nil || shards.count > 1
    for shard in shards {
      tensors += shard.checkpoint.tensors.map { tensor in
        let layer = tensor.layer
        return JSONValue.object([
          "name": .string(tensor.name.string),
          "dtype": .string(tensor.typeName),
          "shape": .array(tensor.elementShape.map(JSONValue.integer)),
          "bytes": .integer(tensor.byteCount),
          "shard": isSharded ? .string(shard.name) : nil,
          "spec": quantized[tensor.name]?.spec.json,
          "layer": layer?.layer.map { .string($0.string) },
          "class": layer?.className.map(JSONValue.string),
          "role": layer?.role.map(JSONValue.string),
          "channel_axis": layer?.layer == nil ? nil : layer?.channelAxis.map(JSONValue.integer),
          "block_axis": layer?.layer == nil ? nil : layer?.blockAxis.map(JSONValue.integer),
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
      "layout": (record?.layout).map(JSONValue.string),
      "metadata": .object(metadata),
      "warnings": .array(
        (warnings + shards.flatMap { $0.checkpoint.warnings + $0.checkpoint.nonTensors })
          .map(JSONValue.string)),
      "shards": isSharded
        ? .array(
          shards.map { shard in
            .object([
              "name": .string(shard.name), "bytes": .integer(shard.checkpoint.byteCount),
            ])
          }) : nil,
      "companions": directory == nil ? nil : .array(companions.map { .string($0.name) }),
      "layers": keras == nil ? nil : .array(layers.map(\.json)),
      "tensors": .array(tensors),
    ]).indented(depth: 2)
  }
}

extension KerasLayer {
  /// The layer as a JSON object.
  fileprivate var json: JSONValue {
    .object([
      "path": .string(path.string),
      "name": name.map { .string($0.string) },
      "class": layerClass.map { .string($0.name) },
      "class_known_by": layerClass.map { .string($0.source.rawValue) },
      "tensors": .array(variables.map { .string(HDF5Name.decode($0).string) }),
    ])
  }
}
