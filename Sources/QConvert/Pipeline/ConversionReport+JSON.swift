import SystemPackage

extension ConversionReport {
  /// The report as a JSON object: input, output, layout, seconds, bytes_in, bytes_out, warnings and
  /// tensors, each with name, dtype, shape, action, reason, spec, bytes_in and bytes_out.
  public var json: String {
    let members = tensors.map { tensor in
      JSONValue.object([
        "name": .string(tensor.name.string),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.map(JSONValue.integer)),
        "action": .string(tensor.decision.action),
        "reason": tensor.decision.reason.map(JSONValue.string) ?? .null,
        "spec": tensor.decision.spec?.json ?? .null,
        "bytes_in": .integer(tensor.inputByteCount),
        "bytes_out": .integer(tensor.outputByteCount),
      ])
    }
    return JSONValue.object([
      "input": .string(input.string),
      "output": .string(output.string),
      "layout": .string(layout),
      "dry_run": .bool(duration == nil),
      "seconds": .number((duration ?? .zero) / .seconds(1)),
      "bytes_in": .integer(inputByteCount),
      "bytes_out": .integer(outputByteCount),
      "warnings": .array(warnings.map(JSONValue.string)),
      "tensors": .array(members),
    ]).indented(depth: 2)
  }
}

extension TensorDecision {
  /// `quantized`, `copied` or `skipped`.
  public var action: String {
    switch self {
    case .quantize: "quantized"
    case .copy: "copied"
    case .skip: "skipped"
    }
  }

  /// Why a tensor is not quantized.
  public var reason: String? {
    switch self {
    case .quantize: nil
    case .copy(let reason): "\(reason)"
    case .skip(let reason): "\(reason)"
    }
  }

  /// How a tensor is quantized.
  public var spec: QuantizationSpec? {
    if case .quantize(let spec) = self { spec } else { nil }
  }
}
