import SystemPackage

extension ConversionPlan {
  /// Carries out the plan into files, which appear complete or not at all; gives the time it took.
  ///
  /// None of the inputs may be an output, and none may change meanwhile.
  func write(
    to output: FilePath, from inputs: [InputFile], jobs: Int, overwrite: Bool, isDurable: Bool,
    progress: ConversionProgress
  ) throws -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    progress.begin(byteCount: bytesToRead)
    let sink = try FileSink(
      self, to: output, inputs: inputs, overwrite: overwrite, isDurable: isDurable)
    do {
      try PipelineRun(self, into: sink, progress: progress).run(jobs: jobs)
      for input in inputs { try input.checkUnchanged() }
      try sink.commit()
    } catch {
      sink.discard()
      throw error
    }
    return clock.now - start
  }
}
