import Dispatch
import Synchronization
import Testing

@testable import QConvert

@Suite struct WorkerPoolTests {
  private struct Failure: Error, Equatable {
    let item: Int
  }

  /// The memory of a worker.
  private final class Worker {
    var isBusy = false
  }

  @Test(arguments: [1, 2, 7], [0, 1, 2, 100])
  func `all items are run once`(_ jobs: Int, _ count: Int) throws {
    let runs = Mutex([Int](repeating: 0, count: count))
    let pool = WorkerPool(jobs: jobs, isCancelled: { false })
    try pool.run(count, makeWorker: Worker.init) { worker, item in
      #expect(!worker.isBusy, "a worker does one thing at a time")
      worker.isBusy = true
      runs.withLock { $0[item] += 1 }
      worker.isBusy = false
    }
    #expect(runs.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(arguments: [1, 2, 7])
  func `there are no more workers than jobs or items`(_ jobs: Int) throws {
    let workers = Atomic<Int>(0)
    let pool = WorkerPool(jobs: jobs, isCancelled: { false })
    try pool.run(3, makeWorker: { workers.add(1, ordering: .relaxed) }) { _, _ in }
    #expect(1...min(jobs, 3) ~= workers.load(ordering: .relaxed))
  }

  @Test(arguments: [1, 2, 7], 0..<10)
  func `of several failures the lowest item's is thrown`(_ jobs: Int, _ lowest: Int) {
    let pool = WorkerPool(jobs: jobs, isCancelled: { false })
    // The next failing item waits for nothing: with several workers it often fails first.
    let failed = DispatchSemaphore(value: 0)
    #expect(throws: Failure(item: lowest)) {
      try pool.run(50, makeWorker: {}) { _, item in
        if item == lowest { _ = failed.wait(timeout: .now() + .milliseconds(20)) }
        guard item >= lowest else { return }
        failed.signal()
        throw Failure(item: item)
      }
    }
  }

  @Test func `after a failure no more items are handed out`() {
    let last = Atomic<Int>(0)
    let pool = WorkerPool(jobs: 1, isCancelled: { false })
    #expect(throws: Failure(item: 3)) {
      try pool.run(50, makeWorker: {}) { _, item in
        last.store(item, ordering: .relaxed)
        if item == 3 { throw Failure(item: item) }
      }
    }
    #expect(last.load(ordering: .relaxed) == 3)
  }

  @Test(arguments: [1, 2, 7])
  func `cancelling stops before the next item`(_ jobs: Int) {
    let done = Atomic<Int>(0)
    let isCancelled = Atomic<Bool>(false)
    let pool = WorkerPool(jobs: jobs, isCancelled: { isCancelled.load(ordering: .relaxed) })
    #expect(throws: CancellationError.self) {
      try pool.run(1000, makeWorker: {}) { _, item in
        done.add(1, ordering: .relaxed)
        if item >= 5 { isCancelled.store(true, ordering: .relaxed) }
      }
    }
    #expect(6..<6 + 2 * jobs ~= done.load(ordering: .relaxed))
  }

  @Test func `a failure counts more than cancelling`() {
    let isCancelled = Atomic<Bool>(false)
    let pool = WorkerPool(jobs: 2, isCancelled: { isCancelled.load(ordering: .relaxed) })
    #expect(throws: Failure(item: 0)) {
      try pool.run(2, makeWorker: {}) { _, item in
        isCancelled.store(true, ordering: .relaxed)
        if item == 0 { throw Failure(item: item) }
      }
    }
  }
}
