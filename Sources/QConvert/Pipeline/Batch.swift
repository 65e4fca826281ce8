import Synchronization
public import SystemPackage

/// Conversions of many models that share one pool of workers.
///
/// The next model is planned and begun while the last slabs of one are at work. A model that fails is
/// reported and does not keep the others from being converted.
public struct Batch: Sendable {
  /// The inputs with their outputs.
  public let models: [Item]
  /// How all of them are converted.
  public let options: ConversionOptions
  /// Whether the models after one that failed are converted.
  public let continuesOnError: Bool

  /// A model to be converted.
  public struct Item: Sendable {
    /// A file or directory.
    public let input: FilePath
    /// The file or directory to write.
    public let output: FilePath

    /// A model and where it goes.
    public init(input: FilePath, output: FilePath) {
      self.input = input
      self.output = output
    }
  }

  /// What became of a model.
  public struct Outcome: Sendable {
    /// The model.
    public let item: Item
    /// The report, or why there is no output.
    public let result: Result<ConversionReport, any Error>
  }

  /// A batch.
  public init(_ models: [Item], _ options: ConversionOptions, continuesOnError: Bool = true) {
    self.models = models
    self.options = options
    self.continuesOnError = continuesOnError
  }

  /// Converts all models.
  ///
  /// - Parameters:
  ///   - progress: Tells how far the batch is, and stops it.
  ///   - onOutcome: Called with every model that is done; on any thread, one at a time.
  /// - Returns: What became of the models, in their order; a batch that is stopped leaves out those that
  ///   were not begun.
  public func run(
    progress: ConversionProgress = ConversionProgress(),
    onOutcome: @escaping @Sendable (Outcome) -> Void = { _ in }
  ) -> [Outcome] {
    let run = BatchRun(self, progress, onOutcome)
    WorkerPool(jobs: options.workerCount, isCancelled: { progress.isCancelled })
      .run(makeWorker: SlabWorker.init, next: run.next)
    return run.outcomes
  }

  /// What ``run(progress:onOutcome:)`` would do, as far as that can be told without writing. A directory
  /// for the outputs that does not exist yet is taken for one that will be made.
  public func dryRun() -> [Outcome] {
    models.map { item in
      Outcome(
        item: item,
        result: Result {
          let conversion = try Conversion(of: item.input, options)
          return item.output.parent.isOccupied
            ? try conversion.dryRun(to: item.output) : conversion.report(item.output, nil)
        })
    }
  }
}

/// A batch at work.
private final class BatchRun: Sendable {
  private let batch: Batch
  private let progress: ConversionProgress
  private let onOutcome: @Sendable (Batch.Outcome) -> Void
  private let begun = Atomic(0)
  private let done = Mutex<[Int: Batch.Outcome]>([:])

  init(
    _ batch: Batch, _ progress: ConversionProgress,
    _ onOutcome: @escaping @Sendable (Batch.Outcome) -> Void
  ) {
    self.batch = batch
    self.progress = progress
    self.onOutcome = onOutcome
  }

  var outcomes: [Batch.Outcome] {
    done.withLock { done in done.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// The work of the next model that has any.
  @Sendable func next() -> PoolTask<SlabWorker>? {
    while !progress.isCancelled {
      if !batch.continuesOnError, done.withLock({ $0.values.contains { $0.isFailure } }) {
        return nil
      }
      let index = begun.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < batch.models.count else { return nil }
      do {
        if let task = try task(index) { return task }
      } catch {
        end(index, .failure(error))
      }
    }
    return nil
  }

  /// The work of a model; nil where it was done before.
  private func task(_ index: Int) throws -> PoolTask<SlabWorker>? {
    let output = batch.models[index].output
    let conversion = try Conversion(of: batch.models[index].input, batch.options)
    if conversion.isCarriedOut(at: output) {
      end(index, .success(conversion.report(output, .zero, wasComplete: true)))
      return nil
    }
    let sink = try conversion.sink(for: output)
    return try conversion.plan.task(
      into: sink, from: conversion.model.files, progress: progress,
      measuresErrors: batch.options.measuresErrors
    ) { [self] result in
      end(
        index,
        result.map {
          conversion.report(
            output, $0.duration, errors: $0.errors, stored: sink.storedByteCounts)
        })
    }
  }

  private func end(_ index: Int, _ result: Result<ConversionReport, any Error>) {
    let outcome = Batch.Outcome(item: batch.models[index], result: result)
    done.withLock { done in
      done[index] = outcome
      onOutcome(outcome)
    }
  }
}

extension Batch.Outcome {
  fileprivate var isFailure: Bool { if case .failure = result { true } else { false } }
}
