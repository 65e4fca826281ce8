import ArgumentParser
import Dispatch
import QConvert

/// Whether to show how far the work is.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  var isShown: Bool {
    switch self {
    case .auto: Console.isTerminal
    case .always: true
    case .never: false
    }
  }
}

/// A line on the terminal: share done, rate, time left.
struct ProgressLine {
  /// Work that ends sooner than this needs no line.
  private static let patience = DispatchTimeInterval.milliseconds(400)

  /// Runs `body` with the line kept up to date, and takes the line away afterwards.
  static func showing<Result>(
    _ progress: ConversionProgress, _ mode: ProgressMode, _ name: String,
    _ body: () throws -> Result
  ) rethrows -> Result {
    guard mode.isShown else { return try body() }
    let clock = ContinuousClock()
    let start = clock.now
    let queue = DispatchQueue(label: "progress")
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + patience, repeating: .milliseconds(200))
    timer.setEventHandler {
      Console.status(line(progress, name, seconds: (clock.now - start) / .seconds(1)))
    }
    timer.resume()
    defer {
      timer.cancel()
      queue.sync { Console.status("") }
    }
    return try body()
  }

  private static func line(
    _ progress: ConversionProgress, _ name: String, seconds: Double
  ) -> String {
    let done = progress.completedByteCount
    let total = max(progress.totalByteCount, 1)
    let share = (Double(done) / Double(total) * 100).formatted(digits: 0)
    let rate = Double(done) / max(seconds, 1e-3)
    let left = done == 0 ? "" : "  \((Double(total - done) / rate).formatted(digits: 0)) s left"
    return "\(name)  \(share) %  \(Int(rate).asBytes)/s\(left)"
  }
}
