import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert inspect INPUT`: what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the tensors and the metadata of a checkpoint.")

  @Argument(
    help: "A safetensors, GGUF or HDF5 file, a .keras archive, an index or a model directory.")
  var input: FilePath

  @Flag(help: "Print the contents as one JSON object.")
  var json = false

  func run() throws {
    let model = try Model(input, hdf5: .byTool)
    let remarks = model.shards.flatMap { $0.checkpoint.warnings + $0.checkpoint.nonTensors }
    for warning in model.warnings + remarks { Console.warn("\(input): \(warning)") }
    try Console.write(json ? try model.json() : try text(model))
  }

  private func text(_ model: Model) throws -> String {
    var rows: [[String]] = []
    var lines: [String] = []
    let record = try model.quantizationRecord()
    let quantized = record?.tensorsByName ?? [:]
    let casts = record?.isRecorded == true ? record?.castsByName ?? [:] : [:]
    for shard in model.shards {
      rows += shard.checkpoint.tensors.map { tensor in
        [
          "\(tensor.name)", tensor.typeName, "\(tensor.elementShape)", tensor.byteCount.asBytes,
          quantized[tensor.name].map { "\($0.spec)" }
            ?? casts[tensor.name].map { "cast from \($0.dtype)" } ?? tensor.place,
        ] + (model.shards.count > 1 ? [shard.name] : [])
      }
      for (name, value) in shard.checkpoint.metadata where name != QuantizationRecord.metadataName {
        let line = "metadata \(TensorName(name)): \(TensorName(value))"
        if !lines.contains(line) { lines.append(line) }
      }
    }
    lines.insert(Console.table(rows, rightAligned: [3]), at: 0)
    if !model.layers.isEmpty { lines.insert(Self.layers(of: model), at: 1) }
    if let record, !record.tensors.isEmpty {
      lines.append(
        "quantized\(record.isRecorded ? " by qconvert" : ""): \(record.tensors.count.of("tensor")), layout \(record.layout)"
      )
    }
    let tensors = model.shards.flatMap(\.checkpoint.tensors)
    let elements = tensors.reduce(0) { $0 + $1.elementShape.reduce(1, *) }
    let byteCount = model.shards.reduce(0) { $0 + $1.checkpoint.byteCount }
    let shards = model.shards.count > 1 ? " in \(model.shards.count.of("shard"))" : ""
    lines.append(
      "\(tensors.count.of("tensor")), \(elements.of("element")), \(byteCount.asBytes)\(shards)")
    if !model.companions.isEmpty {
      lines.append("\(model.companions.count.of("other file")) that a conversion copies")
    }
    if !model.leftOut.isEmpty {
      lines.append("left out: \(model.leftOut.map { "\(TensorName($0))" }.joined(separator: ", "))")
    }
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// A line for every layer of a model of Keras.
  private static func layers(of model: Model) -> String {
    let rows = model.layers.map { layer in
      let name = layer.name.map { $0 == layer.path ? "" : "\($0)" } ?? ""
      let known = layer.layerClass.map { "\($0.name) (by its \($0.source.rawValue))" }
      return [
        "layer \(layer.path)", name, known ?? "class not known",
        layer.variables.count.of("tensor"),
      ]
    }
    return Console.table(rows)
  }
}

extension TensorDescriptor {
  /// What the tensor is to its layer, and the axes along which it is quantized.
  fileprivate var place: String {
    guard let layer, layer.layer != nil else { return "" }
    let role = layer.role ?? "variable"
    guard layer.isWeight, let channel = layer.channelAxis, let block = layer.blockAxis else {
      return role
    }
    return "\(role), channels along axis \(channel), blocks along \(block)"
  }
}
