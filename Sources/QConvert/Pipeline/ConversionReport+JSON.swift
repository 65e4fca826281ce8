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
      "seconds": .number(duration / .seconds(1)),
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

extension Verification.Report {
  /// The report as a JSON object: agrees, compared, findings, and tensors with their error figures.
  public var json: String {
    let tensors = errors.map { name, figures in
      JSONValue.object([
        "name": .string(name.string),
        "max_error": .number(figures.maxError),
        "mse": .number(figures.meanSquaredError),
        "sqnr_db": figures.signalToNoise.isFinite ? .number(figures.signalToNoise) : .null,
      ])
    }
    return JSONValue.object([
      "agrees": .bool(findings.isEmpty),
      "compared": .integer(comparedCount),
      "findings": .array(findings.map { .string("\($0)") }),
      "tensors": .array(tensors),
    ]).indented(depth: 2)
  }
}

extension Checkpoint {
  /// The contents as a JSON object: path, bytes, metadata, warnings, and tensors with name, dtype,
  /// shape, bytes and, where qconvert has quantized them, spec.
  public func json(record: QuantizationRecord?) -> String {
    let specs = Dictionary(
      (record?.tensors ?? []).map { ($0.name, $0.spec) }, uniquingKeysWith: { first, _ in first })
    let members = tensors.map { tensor in
      JSONValue.object([
        "name": .string(tensor.name.string),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.map(JSONValue.integer)),
        "bytes": .integer(tensor.bytes.count),
        "spec": specs[tensor.name]?.json,
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

  /// The size of the file in bytes.
  public var byteCount: Int { file.byteCount }

  /// What the file says of its quantized tensors; nil when qconvert has not quantized it.
  ///
  /// - Throws: ``CheckpointError`` when what it says cannot be understood.
  public func quantizationRecord() throws -> QuantizationRecord? {
    do {
      return try QuantizationRecord(in: header)
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
  }
}
