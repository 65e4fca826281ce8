public import SystemPackage

/// What came of a calibration.
public struct CalibrationReport: Sendable {
  /// The file that was written.
  public let output: FilePath
  /// How the tensors are quantized.
  public let spec: QuantizationSpec
  /// The number of dumps that were observed, those before a continued state among them.
  public let dumpCount: Int
  /// The tensors in the order of the first dump, and what is known of them.
  public let tensors: [(name: TensorName, state: TensorCalibration.State)]
  /// The tensors that were not observed, and why.
  public let skipped: [(name: TensorName, reason: CopyReason)]
  /// What is unusual and yet allowed.
  public let warnings: [String]

  /// The report as a JSON object: output, dumps, spec, warnings, tensors with name, dtype, grid, count and
  /// the outermost of all ranges, and those skipped.
  public var json: String {
    JSONValue.object([
      "output": .string(output.string),
      "dumps": .integer(dumpCount),
      "spec": spec.json,
      "warnings": .array(warnings.map(JSONValue.string)),
      "tensors": .array(
        tensors.map { name, state in
          .object([
            "name": .string(name.string), "dtype": .string(state.precision.dtype.rawValue),
            "grid": .array(state.grid.map(JSONValue.integer)), "count": .integer(state.count),
            "running_min": state.runningRanges.map(\.min).min().map(JSONValue.number),
            "running_max": state.runningRanges.map(\.max).max().map(JSONValue.number),
          ])
        }),
      "skipped": .array(
        skipped.map { name, reason in
          .object(["name": .string(name.string), "reason": .string("\(reason)")])
        }),
    ]).indented(depth: 2)
  }
}
