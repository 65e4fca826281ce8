import QConvert

/// What came of a batch: of every model, also of those that were not begun.
struct BatchResult {
  private let outcomes: [Batch.Outcome]
  private let items: [Batch.Item]
  private let failures: [Batch.Outcome]

  init(_ outcomes: [Batch.Outcome], of items: [Batch.Item]) {
    self.outcomes = outcomes
    self.items = items
    failures = outcomes.filter { $0.error != nil }
  }

  private var isStopped: Bool {
    failures.contains { $0.isStopped } || (failures.isEmpty && outcomes.count < items.count)
  }

  /// The exit status; nil when all went well.
  var status: ExitStatus? {
    if isStopped { return .stopped }
    return failures.isEmpty ? nil : .dataError
  }

  /// The line that goes with a failure.
  var failure: String {
    let done = outcomes.count - failures.count
    if isStopped {
      return "stopped: \(done) of \(items.count.of("model")) done; --resume continues"
    }
    let left = items.count - outcomes.count
    let rest = left > 0 ? ", \(left) not begun" : ""
    return "\(failures.count) of \(items.count.of("model")) failed\(rest); the first: "
      + (failures.first?.reason ?? "")
  }

  /// A table of outcomes, with the reports if wanted.
  func summary(verbose: Bool, explain: Bool, metrics: Bool) -> String {
    var lines: [String] = []
    if verbose || explain || metrics {
      for case .success(let report) in outcomes.map(\.result) {
        lines.append(
          report.summary(verbose: verbose, explain: explain, metrics: metrics))
      }
    }
    lines.append(Console.table(outcomes.map(\.row), rightAligned: [2, 4]))
    let reports = outcomes.compactMap { try? $0.result.get() }
    let sizes = reports.reduce((0, 0)) { ($0.0 + $1.inputByteCount, $0.1 + $1.outputByteCount) }
    lines.append(
      "\(reports.count) of \(items.count.of("model")) converted, \(sizes.0.asBytes) -> "
        + sizes.1.asBytes)
    return lines.joined(separator: "\n")
  }

  /// The outcomes as a JSON object: models, each a report or input, output and error; converted, failed.
  var json: String {
    Batch.json(outcomes, errors: outcomes.map(\.reason))
  }
}

extension Batch.Outcome {
  var error: (any Error)? { if case .failure(let error) = result { error } else { nil } }

  /// Whether it was stopped from outside.
  var isStopped: Bool {
    error is CancellationError || (error as? StoppedError)?.reason is CancellationError
  }

  /// What went wrong.
  var reason: String? {
    guard let error else { return nil }
    if isStopped { return "stopped" }
    let named = FileError.naming(item.input, error)
    return "\(named)\(QConvertCommand.hint(for: named))"
  }

  /// The outcome in one line.
  var line: String {
    switch result {
    case .success(let report):
      "\(item.input) -> \(item.output): \(report.inputByteCount.asBytes) -> "
        + report.outputByteCount.asBytes
    case .failure: reason ?? ""
    }
  }

  /// The outcome as a row of a table.
  fileprivate var row: [String] {
    switch result {
    case .success(let report):
      let share = (100 * report.coverage).formatted(digits: 1)
      return [
        report.wasComplete ? "  complete before" : "  converted", "\(item.input)",
        report.inputByteCount.asBytes, "->",
        report.outputByteCount.asBytes, "\(share) % quantized",
      ]
    case .failure: return ["  failed", "\(item.input)", "", "", "", reason ?? ""]
    }
  }
}
