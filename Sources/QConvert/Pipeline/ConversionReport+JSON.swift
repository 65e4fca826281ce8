import SystemPackage

extension ConversionReport {
  /// The report as a JSON object: input, output, layout, seconds, bytes_in, bytes_out, memory, coverage,
  /// warnings, files and tensors, each with name, dtype, shape, action, reason, rule, spec, bytes_in and
  /// bytes_out, and metrics where they were asked for. `bytes_out_is_bound` stands in one where sizes of the output
  /// are the most they can be.
  public var json: String { jsonValue.indented(depth: 2) }

  var jsonValue: JSONValue {
    let members = tensors.map { tensor in
      JSONValue.object([
        "name": .string(tensor.name.string),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.map(JSONValue.integer)),
        "action": .string(tensor.decision.action),
        "reason": tensor.decision.reason.map(JSONValue.string) ?? .null,
        "rule": .string("\(tensor.rule)"),
        "spec": tensor.decision.spec?.json ?? .null,
        "bytes_in": .integer(tensor.inputByteCount),
        "bytes_out": .integer(tensor.outputByteCount),
        "metrics": tensor.figures?.json,
      ])
    }
    return JSONValue.object([
      "input": .string(input.string),
      "output": .string(output.string),
      "layout": .string(layout),
      "dry_run": .bool(duration == nil),
      "was_complete": .bool(wasComplete),
      "seconds": .number((duration ?? .zero) / .seconds(1)),
      "bytes_in": .integer(inputByteCount),
      "bytes_out": .integer(outputByteCount),
      "bytes_out_is_bound": isBound ? .bool(true) : nil,
      "memory": .integer(memoryByteCount),
      "coverage": .number(coverage),
      "assumption": assumption.map(JSONValue.string),
      "metrics": totalFigures?.json,
      "warnings": .array(warnings.map(JSONValue.string)),
      "files": .array(
        files.map { file in
          .object(["path": .string(file.path.string), "bytes": .integer(file.byteCount)])
        }),
      "tensors": .array(members),
    ])
  }
}
