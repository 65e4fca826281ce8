import Synchronization

/// How far a conversion is; also the way to stop it. Shared between threads.
public final class ConversionProgress: Sendable {
  private let done = Atomic<Int>(0)
  private let goal = Atomic<Int>(0)
  private let cancelled = Atomic<Bool>(false)

  /// The progress of a conversion that has not begun.
  public init() {}

  /// Bytes of tensors read so far; a tensor that takes two passes counts twice.
  public var completedByteCount: Int { done.load(ordering: .relaxed) }

  /// Bytes of tensors to be read, as far as plans are made.
  public var totalByteCount: Int { goal.load(ordering: .relaxed) }

  /// Whether ``cancel()`` was called.
  public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  /// Stops the conversion at the next slab: it throws `CancellationError` and leaves no output.
  public func cancel() {
    cancelled.store(true, ordering: .relaxed)
  }

  func expect(byteCount: Int) {
    goal.wrappingAdd(byteCount, ordering: .relaxed)
  }

  func advance(by byteCount: Int) {
    done.wrappingAdd(byteCount, ordering: .relaxed)
  }
}
