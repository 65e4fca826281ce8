import Synchronization
public import SystemPackage

/// An output directory being made: its shards, then everything that is no weight, the index last.
///
/// Shards are finished one by one and written down in a journal, so that a run that is stopped can be
/// taken up again: only shards that were begun are done anew.
final class DirectorySink: OutputSink {
  let finished: Set<Int>
  var place: FilePath { output }
  private let plan: ConversionPlan
  private let model: Model
  private let output: FilePath
  private let staging: StagingDirectory
  private let isDurable: Bool
  private let state: Mutex<State>

  private struct State {
    var open: [Int: OutputFile] = [:]
    var finishedCount: Int
  }

  /// Prepares the directory. With `resumes`, what a run that was stopped has finished is kept; without,
  /// it goes.
  init(
    _ plan: ConversionPlan, of model: Model, to output: FilePath, overwrite: Bool, isDurable: Bool,
    resumes: Bool
  ) throws {
    self.plan = plan
    self.model = model
    self.output = output
    self.isDurable = isDurable
    let names = plan.fileNames(of: model)
    try StagingDirectory.check(
      output, inputs: model.places, overwrite: overwrite, rewritten: names)
    staging = try StagingDirectory(
      for: output, overwrite: overwrite, isDurable: isDurable, rewritten: names)
    var holdsNothing = false
    do {
      finished = try plan.begin(in: staging, model, output, resumes: resumes)
      holdsNothing = finished.isEmpty
      state = Mutex(State(finishedCount: finished.count))
      let needed = plan.files.indices.reduce(
        plan.sidecars(of: model).reduce(0) { $0 + $1.byteCount }
      ) { sum, file in
        finished.contains(file) ? sum : sum + plan.files[file].byteCount
      }
      try FreeSpace.check(for: output, needed: needed)
    } catch {
      // What there is may still be of use: to the version or with the options that began it.
      if holdsNothing { staging.discard() } else { staging.close() }
      throw error
    }
  }

  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws {
    let file = try file(entry.file)
    try unsafe file.write(bytes, at: entry.bytes.lowerBound + offset)
  }

  func finish(file index: Int) throws {
    let file = try file(index)
    try file.synchronize()
    try file.commit()
    let planned = plan.files[index]
    try staging.append(Journal.line(finished: planned.name, byteCount: planned.byteCount))
    state.withLock { state in
      state.open[index] = nil
      state.finishedCount += 1
    }
  }

  func commit() throws {
    for companion in model.companions {
      let source = (model.directory ?? "").appending(companion.name)
      guard try FileIdentity(existing: source).hasContents(of: companion.identity) else {
        throw StorageError.changedWhileReading(source)
      }
      if let bytes = plan.rewritten[companion.name] {
        try write(bytes, as: companion.name)
      } else {
        try staging.createDirectories(for: TensorName(companion.name))
        try FileCopy.copy(
          source, byteCount: companion.byteCount, to: staging.contents.appending(companion.name),
          isDurable: isDurable)
      }
    }
    if let index = plan.index { try write(index.bytes, as: index.name) }
    try staging.commit()
  }

  /// Writes a file that holds no weights.
  private func write(_ bytes: [UInt8], as name: String) throws {
    try staging.createDirectories(for: TensorName(name))
    let file = try OutputFile(
      staging.contents.appending(name), byteCount: bytes.count, overwrite: false,
      isDurable: isDurable, clearsLeftovers: false)
    do {
      try unsafe bytes.withUnsafeBytes { bytes in try unsafe file.write(bytes, at: 0) }
      try file.synchronize()
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }

  func abandon(after error: any Error) -> any Error {
    let finishedCount = state.withLock { state in
      for file in state.open.values { file.discard() }
      state.open = [:]
      return state.finishedCount
    }
    guard finishedCount > 0, Self.canGoOn(after: error) else {
      staging.discard()
      return error
    }
    staging.close()
    return StoppedError(
      output: output, reason: error, finishedCount: finishedCount, count: plan.files.count)
  }

  /// Whether what is finished is of use to another run: it is not where the input has changed.
  private static func canGoOn(after error: any Error) -> Bool {
    switch error {
    case StorageError.changedWhileReading, StorageError.endsEarly: false
    default: error is CancellationError || error is StorageError
    }
  }

  /// The file being written; the first that writes to it creates it.
  private func file(_ index: Int) throws -> OutputFile {
    try state.withLock { state in
      if let file = state.open[index] { return file }
      let planned = plan.files[index]
      try staging.createDirectories(for: planned.name)
      let file = try OutputFile(
        planned.path(for: staging.contents), byteCount: planned.byteCount, overwrite: false,
        isDurable: isDurable, clearsLeftovers: false)
      state.open[index] = file
      try file.write(planned.segments)
      return file
    }
  }
}

/// A conversion that was stopped before its end, with shards finished that ``ConversionOptions/resumes``
/// takes up.
public struct StoppedError: Error, Sendable {
  /// The output that does not exist yet.
  public let output: FilePath
  /// What stopped it: a `CancellationError` or a ``StorageError``.
  public let reason: any Error
  /// The shards that are finished.
  public let finishedCount: Int
  /// All shards.
  public let count: Int
}

extension StoppedError: CustomStringConvertible {
  /// What happened and what is there, in one line.
  public var description: String {
    let reason = reason is CancellationError ? "\(output): stopped" : "\(reason)"
    return "\(reason); \(finishedCount) of \(count) shards are finished"
  }
}
