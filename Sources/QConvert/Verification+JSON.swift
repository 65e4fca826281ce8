extension Verification.Report {
  /// The report as a JSON object: agrees, compared, findings, and tensors with their error figures.
  public var json: String {
    let tensors = errors.map { name, figures in
      JSONValue.object(
        [JSONValue.Member(name: "name", value: .string(name.string))] + figures.members)
    }
    return JSONValue.object([
      "agrees": .bool(findings.isEmpty),
      "compared": .integer(comparedCount),
      "findings": .array(findings.map { .string("\($0)") }),
      "tensors": .array(tensors),
    ]).indented(depth: 2)
  }
}
