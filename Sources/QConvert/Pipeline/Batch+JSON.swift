import SystemPackage

extension Batch {
  /// Outcomes as a JSON object: converted, failed, and models: each a report, or input, output and error.
  ///
  /// - Parameters:
  ///   - outcomes: What came of the models.
  ///   - errors: What to say of those that failed; nil for the others.
  /// - Returns: The text of the object.
  public static func json(_ outcomes: [Outcome], errors: [String?]) -> String {
    let models = zip(outcomes, errors).map { outcome, error in
      switch outcome.result {
      case .success(let report): report.jsonValue
      case .failure(let failure):
        JSONValue.object([
          "input": .string(outcome.item.input.string),
          "output": .string(outcome.item.output.string),
          "error": .string(error ?? "\(failure)"),
        ])
      }
    }
    let failed = errors.count { $0 != nil }
    return JSONValue.object([
      "converted": .integer(outcomes.count - failed),
      "failed": .integer(failed),
      "models": .array(models),
    ]).indented(depth: 4)
  }
}
