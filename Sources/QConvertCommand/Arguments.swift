public import ArgumentParser
public import QConvert
public import SystemPackage

extension FilePath: @retroactive ExpressibleByArgument {
  /// The value that the text spells.
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.init(argument)
  }

  /// Files complete a path.
  public static var defaultCompletionKind: CompletionKind { .file() }
}

extension QuantizedDType: ExpressibleByArgument {
  /// The value that the text spells.
  public init?(argument: String) {
    self.init(name: argument)
  }
}
extension QuantizationScheme: ExpressibleByArgument {}
extension QuantizationFormulation: ExpressibleByArgument {}
extension LayoutRequest.Formulas: ExpressibleByArgument {}
extension ScaleDType: ExpressibleByArgument {
  /// One of the types that the reference has.
  public init?(argument: String) {
    guard let type = Self(rawValue: argument), Self.referenceTypes.contains(type) else {
      return nil
    }
    self = type
  }

  /// The names of these types.
  public static var allValueStrings: [String] { referenceTypes.map(\.rawValue) }
}
extension OutputFormat: ExpressibleByArgument {}

extension HDF5Compression: ExpressibleByArgument {
  /// The value that the text spells.
  public init?(argument: String) {
    self.init(argument)
  }
}

/// The kinds of granularity; axis and block size come as options of their own.
enum GranularityKind: String, ExpressibleByArgument, CaseIterable {
  case perChannel = "per_channel"
  case perTensor = "per_tensor"
  case perBlock = "per_block"
}

/// `32`, or one number for every axis: `4,32,-1`.
struct BlockSize: ExpressibleByArgument {
  let sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    sizes = parts.compactMap { Int($0) }
    guard sizes.count == parts.count else { return nil }
  }
}

/// `-1,1`; `none` on either side.
struct FloatRangeArgument: ExpressibleByArgument {
  let low: Double?
  let high: Double?

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    func bound(_ text: Substring) -> Double?? {
      text == "none" ? .some(nil) : Double(text).map { .some($0) }
    }
    guard let low = bound(parts[0]), let high = bound(parts[1]) else { return nil }
    self.low = low
    self.high = high
  }
}

/// A number of bytes: `65536`, `64M` or `64MiB` (2^20), `64MB` (10^6), likewise K, G and T.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number >= 0 else { return nil }
    let unit = argument.dropFirst(digits.count).uppercased()
    let powers = ["K": 1, "M": 2, "G": 3, "T": 4]
    var factor = 1.0
    if !unit.isEmpty, unit != "B" {
      guard let power = powers[String(unit.prefix(1))] else { return nil }
      let base: Double
      switch unit.dropFirst() {
      case "", "IB": base = 1024
      case "B": base = 1000
      default: return nil
      }
      for _ in 0..<power { factor *= base }
    }
    guard let bytes = Int(exactly: (number * factor).rounded()) else { return nil }
    self.bytes = bytes
  }
}

/// What becomes of weights with values that are not finite.
enum NonFinitePolicy: String, ExpressibleByArgument, CaseIterable {
  case error, skip
}

/// Where the parameters go.
enum BufferPlacement: String, ExpressibleByArgument, CaseIterable {
  case together, separate
}

/// Whether the output is on the disk before the tool ends.
enum Synchronization: String, ExpressibleByArgument, CaseIterable {
  case full, none
}

/// The options of every command that reads much.
struct RunOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Workers; by default one a core.")
  var jobs: Int?

  @Option(
    help: "Whether to show progress on standard error: \(ProgressMode.auto) means on a terminal.")
  var progress: ProgressMode = .auto

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print no result.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print a line for every tensor.")
  var verbose = false

  func validate() throws {
    if json, quiet { throw ValidationError("--json does not go with --quiet") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs takes 1 or more, not \(jobs)") }
  }

  /// Runs work that can be interrupted, with its progress shown.
  func run<Result>(
    on path: FilePath, _ body: (ConversionProgress) throws -> Result
  ) throws -> Result {
    try run(on: path.lastComponent?.string ?? "", body)
  }

  /// Runs work that can be interrupted, with its progress shown under a name.
  func run<Result>(
    on name: String, _ body: (ConversionProgress) throws -> Result
  ) throws -> Result {
    let progress = ConversionProgress()
    return try Signals.cancelling(progress) {
      try ProgressLine.showing(progress, self.progress, name) { try body(progress) }
    }
  }
}

/// The options of every command that writes a checkpoint.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Option(help: "Whether to wait until the output is on the disk.")
  var sync: Synchronization = .full
}
