import Dispatch
import Synchronization

/// Work for a pool: a number of items that its workers take up in order.
struct PoolTask<Worker>: Sendable {
  /// The number of items.
  let count: Int
  /// Does one of them.
  let perform: @Sendable (Worker, _ item: Int) throws -> Void
  /// Called once, when all items are done, or none is at work any more after a failure: of several, that
  /// of the lowest item.
  let finish: @Sendable ((any Error)?) -> Void
}

/// A fixed number of workers, each with memory of its own, for any number of tasks.
struct WorkerPool: Sendable {
  /// The number of workers.
  let jobs: Int
  /// Asked before every item; true stops all workers.
  let isCancelled: @Sendable () -> Bool

  /// Runs tasks one after the other; a worker that finds no more items in one goes on to the next, while
  /// others may still be at work on it.
  ///
  /// - Parameters:
  ///   - makeWorker: Makes the memory of a worker.
  ///   - next: Makes the next task, or nil after the last; called by one worker at a time.
  func run<Worker>(
    makeWorker: @Sendable () -> Worker, next: @escaping @Sendable () -> PoolTask<Worker>?
  ) {
    let queue = TaskQueue(isCancelled: isCancelled, next: next)
    @Sendable func work(_: Int) {
      let worker = makeWorker()
      while let (ticket, item) = queue.take() {
        do {
          try ticket.task.perform(worker, item)
          ticket.end(item, nil)
        } catch {
          ticket.end(item, error)
        }
      }
    }
    if jobs <= 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(iterations: jobs, execute: work)
    }
  }

  /// Runs the items of one task.
  ///
  /// After a failure no more items are handed out; those in flight finish. Items are taken in order, so
  /// the failure of the lowest item among them is the same in every run, and that one is thrown.
  func run<Worker>(
    _ count: Int, makeWorker: @Sendable () -> Worker,
    _ perform: @escaping @Sendable (Worker, _ item: Int) throws -> Void
  ) throws {
    let error = Failure()
    let task = PoolTask(count: count, perform: perform) { failure in
      error.value.withLock { $0 = failure }
    }
    WorkerPool(jobs: max(min(jobs, count), 1), isCancelled: isCancelled)
      .run(makeWorker: makeWorker, tasks: [task])
    if let error = error.value.withLock({ $0 }) { throw error }
  }

  /// Runs these tasks.
  func run<Worker>(makeWorker: @Sendable () -> Worker, tasks: [PoolTask<Worker>]) {
    let taken = Taken()
    run(makeWorker: makeWorker) {
      let index = taken.count.wrappingAdd(1, ordering: .relaxed).oldValue
      return index < tasks.count ? tasks[index] : nil
    }
  }
}

private final class Failure: Sendable {
  let value = Mutex<(any Error)?>(nil)
}

private final class Taken: Sendable {
  let count = Atomic(0)
}
