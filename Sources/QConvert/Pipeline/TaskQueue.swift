import Synchronization

/// The tasks of a pool as its workers see them: one item after the other.
final class TaskQueue<Worker>: Sendable {
  private let isCancelled: @Sendable () -> Bool
  private let next: @Sendable () -> PoolTask<Worker>?
  private let current = Mutex<TaskTicket<Worker>?>(nil)
  /// Held while a task is made, so that workers with items left are not kept from them; true once there
  /// are no more.
  private let isOver = Mutex(false)

  init(
    isCancelled: @escaping @Sendable () -> Bool,
    next: @escaping @Sendable () -> PoolTask<Worker>?
  ) {
    self.isCancelled = isCancelled
    self.next = next
  }

  /// The next item and its task; nil when there is nothing left to take.
  func take() -> (ticket: TaskTicket<Worker>, item: Int)? {
    while true {
      let ticket = current.withLock { $0 }
      if let ticket, let item = ticket.take(isCancelled) { return (ticket, item) }
      guard advance(from: ticket) else { return nil }
    }
  }

  /// Goes on to the task after one that hands out no more; false when there is none.
  private func advance(from ticket: TaskTicket<Worker>?) -> Bool {
    isOver.withLock { isOver in
      // Another worker may have done so meanwhile.
      guard current.withLock({ $0 === ticket }) else { return true }
      guard !isOver, let task = next() else {
        isOver = true
        return false
      }
      current.withLock { $0 = TaskTicket(task) }
      return true
    }
  }
}

/// A task at work: which of its items are taken, and when the last one is done.
final class TaskTicket<Worker>: Sendable {
  let task: PoolTask<Worker>
  private let state = Mutex(State())

  private struct State {
    var next = 0
    var inFlight = 0
    var failure: (item: Int, error: any Error)?
    var isFinished = false

    /// Whether this is the moment to finish; true once.
    mutating func finishes(_ count: Int) -> Bool {
      guard !isFinished, inFlight == 0, next == count || failure != nil else { return false }
      isFinished = true
      return true
    }
  }

  init(_ task: PoolTask<Worker>) {
    self.task = task
  }

  /// The next item; nil when no more are handed out.
  func take(_ isCancelled: () -> Bool) -> Int? {
    let (item, finishes) = state.withLock { state -> (Int?, Bool) in
      if state.failure == nil, state.next < task.count, isCancelled() {
        // Whatever fails on its own counts more.
        state.failure = (.max, CancellationError())
      }
      guard state.failure == nil, state.next < task.count else {
        return (nil, state.finishes(task.count))
      }
      state.next += 1
      state.inFlight += 1
      return (state.next - 1, false)
    }
    if finishes { finish() }
    return item
  }

  /// Ends the work at an item.
  func end(_ item: Int, _ error: (any Error)?) {
    let finishes = state.withLock { state in
      if let error, state.failure.map({ item < $0.item }) ?? true { state.failure = (item, error) }
      state.inFlight -= 1
      return state.finishes(task.count)
    }
    if finishes { finish() }
  }

  private func finish() {
    task.finish(state.withLock { $0.failure?.error })
  }
}
