import ArgumentParser
import QConvert
import SystemPackage

/// `qconvert inspect INPUT`: what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the tensors and the metadata of a checkpoint.")

  @Argument(help: "The safetensors file.")
  var input: FilePath

  @Flag(help: "Print the contents as one JSON object.")
  var json = false

  func run() throws {
    let checkpoint = try Checkpoint(input)
    let record = try checkpoint.quantizationRecord()
    for warning in checkpoint.warnings { Console.warn("\(input): \(warning)") }
    try Console.write(json ? checkpoint.json(record: record) : text(checkpoint, record))
  }

  private func text(_ checkpoint: Checkpoint, _ record: QuantizationRecord?) -> String {
    let quantized = record?.tensorsByName ?? [:]
    let rows = checkpoint.tensors.map { tensor in
      [
        "\(tensor.name)", "\(tensor.dtype)", "\(tensor.shape)", tensor.bytes.count.asBytes,
        quantized[tensor.name].map { "\($0.spec)" } ?? "",
      ]
    }
    var lines = [Console.table(rows, rightAligned: [3])]
    for (name, value) in checkpoint.metadata where name != QuantizationRecord.metadataName {
      lines.append("metadata \(TensorName(name)): \(TensorName(value))")
    }
    if let record {
      lines.append(
        "quantized by qconvert: \(record.tensors.count.of("tensor")), layout \(record.layout)")
    }
    let elements = checkpoint.tensors.reduce(0) { $0 + $1.elementCount }
    lines.append(
      "\(checkpoint.tensors.count.of("tensor")), \(elements.of("element")), \(checkpoint.byteCount.asBytes)"
    )
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
