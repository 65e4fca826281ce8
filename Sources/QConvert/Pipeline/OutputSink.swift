/// A sink whose files appear under their names complete or not at all.
protocol OutputSink: EntrySink {
  /// The files of the plan that a former run has finished.
  var finished: Set<Int> { get }

  /// What the entries of the plan take whose size is not known beforehand; known once all are put.
  var storedByteCounts: [TensorName: Int] { get }

  /// Gives the files their names; called once everything has been put.
  func commit() throws

  /// Gives up after an error: nothing appears. Gives the error to report.
  func abandon(after error: any Error) -> any Error
}

extension OutputSink {
  /// All sizes are those of the plan.
  var storedByteCounts: [TensorName: Int] { [:] }
}
