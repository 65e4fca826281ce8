import Synchronization

extension ConversionPlan {
  /// Carries out the plan with workers of its own.
  ///
  /// None of the inputs may change meanwhile.
  func write(
    into sink: any OutputSink, from inputs: [InputFile], jobs: Int, progress: ConversionProgress,
    measuresErrors: Bool = false
  ) throws -> RunResult {
    let outcome = Outcome()
    let task = try task(
      into: sink, from: inputs, progress: progress, measuresErrors: measuresErrors
    ) { result in
      outcome.result.withLock { $0 = result }
    }
    WorkerPool(jobs: max(min(jobs, task.count), 1), isCancelled: { progress.isCancelled })
      .run(makeWorker: SlabWorker.init, tasks: [task])
    guard let result = outcome.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
  }

  /// The work of the plan for a pool. `finish` is called once everything has its name, or after the
  /// failure that keeps it from that.
  func task(
    into sink: any OutputSink, from inputs: [InputFile], progress: ConversionProgress,
    measuresErrors: Bool = false,
    finish: @escaping @Sendable (Result<RunResult, any Error>) -> Void
  ) throws -> PoolTask<SlabWorker> {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let finished = sink.finished
      progress.expect(byteCount: bytesToRead(without: finished))
      let run = PipelineRun(
        self, into: sink, progress: progress, finished: finished, measuresErrors: measuresErrors)
      return try run.task { failure in
        do {
          if let failure { throw failure }
          for input in inputs { try input.checkUnchanged() }
          try sink.commit()
          finish(.success(RunResult(duration: clock.now - start, errors: run.errorSums)))
        } catch {
          finish(.failure(sink.abandon(after: error)))
        }
      }
    } catch {
      throw sink.abandon(after: error)
    }
  }
}

/// What a run tells.
struct RunResult: Sendable {
  /// The time from the first byte read to the last rename.
  let duration: Duration
  /// What error figures of the quantized tensors are made of, by index in the plan; where they were wanted.
  let errors: [Int: ErrorSums]
}

private final class Outcome: Sendable {
  let result = Mutex<Result<RunResult, any Error>?>(nil)
}
