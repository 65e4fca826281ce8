import Dispatch
import Synchronization

/// A fixed number of workers that take items in order, each with memory of its own.
struct WorkerPool: Sendable {
  /// The number of workers.
  let jobs: Int
  /// Asked before every item; true stops all workers.
  let isCancelled: @Sendable () -> Bool

  /// Runs all items.
  ///
  /// After a failure no more items are handed out; those in flight finish. Items are taken in order, so
  /// the failure of the lowest item among them is the same in every run, and that one is thrown.
  func run<Worker>(
    _ count: Int, makeWorker: @Sendable () -> Worker,
    _ perform: @Sendable (Worker, _ item: Int) throws -> Void
  ) throws {
    let next = Atomic<Int>(0)
    let failure = Mutex<(item: Int, error: any Error)?>(nil)
    let workers = max(min(jobs, count), 1)
    @Sendable func work(_: Int) {
      let worker = makeWorker()
      while !isCancelled(), failure.withLock({ $0 == nil }) {
        let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard item < count else { return }
        do {
          try perform(worker, item)
        } catch {
          failure.withLock { first in
            if first.map({ item < $0.item }) ?? true { first = (item, error) }
          }
        }
      }
    }
    if workers == 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(iterations: workers, execute: work)
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
    if isCancelled() { throw CancellationError() }
  }
}
