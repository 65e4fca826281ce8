import Synchronization

extension ConversionPlan {
  /// Carries out the plan with workers of its own; gives the time it took.
  ///
  /// None of the inputs may change meanwhile.
  func write(
    into sink: any OutputSink, from inputs: [InputFile], jobs: Int, progress: ConversionProgress
  ) throws -> Duration {
    let outcome = Outcome()
    let task = try task(into: sink, from: inputs, progress: progress) { result in
      outcome.result.withLock { $0 = result }
    }
    WorkerPool(jobs: max(min(jobs, task.count), 1), isCancelled: { progress.isCancelled })
      .run(makeWorker: SlabWorker.init, tasks: [task])
    guard let result = outcome.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
  }

  /// The work of the plan for a pool. `finish` is called once everything has its name, with the time it
  /// took, or after the failure that keeps it from that.
  func task(
    into sink: any OutputSink, from inputs: [InputFile], progress: ConversionProgress,
    finish: @escaping @Sendable (Result<Duration, any Error>) -> Void
  ) throws -> PoolTask<SlabWorker> {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let finished = sink.finished
      progress.expect(byteCount: bytesToRead(without: finished))
      let run = PipelineRun(self, into: sink, progress: progress, finished: finished)
      return try run.task { failure in
        do {
          if let failure { throw failure }
          for input in inputs { try input.checkUnchanged() }
          try sink.commit()
          finish(.success(clock.now - start))
        } catch {
          finish(.failure(sink.abandon(after: error)))
        }
      }
    } catch {
      throw sink.abandon(after: error)
    }
  }
}

private final class Outcome: Sendable {
  let result = Mutex<Result<Duration, any Error>?>(nil)
}
