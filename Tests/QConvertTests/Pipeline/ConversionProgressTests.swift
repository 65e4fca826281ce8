import Fixtures
import QConvert
import Testing

@Suite struct ConversionProgressTests {
  @Test(arguments: ManyTensors.cases)
  func `what is done adds up to the total`(_ test: ManyTensors.Case) throws {
    let jobs = 2
    let bench = try ManyTensors.bench()
    let bound = ManyTensors.smallestBound(jobs: jobs)
    let progress = ConversionProgress()
    #expect(progress.totalByteCount == 0)
    let path = try bench.convert(
      test.options(jobs: jobs, memoryBound: bound), progress: progress)
    #expect(progress.totalByteCount > 0)
    #expect(progress.completedByteCount == progress.totalByteCount)

    let back = ConversionProgress()
    var options = Dequantization.Options()
    options.isDurable = false
    _ = try Dequantization(of: path, options)
      .write(to: bench.directory.path("floats.safetensors"), progress: back)
    #expect(back.totalByteCount > 0)
    #expect(back.completedByteCount == back.totalByteCount)

    let check = ConversionProgress()
    _ = try Verification(of: path, against: bench.input).run(jobs: jobs, progress: check)
    #expect(check.completedByteCount == check.totalByteCount)
  }

  @Test(arguments: [1, 2, 7])
  func `what is cancelled before it begins leaves no file`(_ jobs: Int) throws {
    let bench = try ManyTensors.bench()
    let progress = ConversionProgress()
    progress.cancel()
    #expect(progress.isCancelled)
    #expect(throws: CancellationError.self) {
      try bench.convert(ManyTensors.cases[0].options(jobs: jobs), progress: progress)
    }
    #expect(try bench.directory.contents == ["in.safetensors"])
  }

  /// Cancels as soon as it sees a value.
  private struct Cancelling: RangeCalculator {
    let progress: ConversionProgress

    struct State: RangeAccumulator {
      let progress: ConversionProgress

      mutating func observe(_ values: Span<Double>) { progress.cancel() }
      mutating func merge(_ other: any RangeAccumulator) {}
      var range: ValueRange { ValueRange(min: -1, max: 1) }
    }

    func makeAccumulator() -> any RangeAccumulator { State(progress: progress) }
  }

  @Test(arguments: [1, 2, 7], [Granularity.perTensor, .perChannel(axis: nil)])
  func `what is cancelled on the way leaves no file, and an old one as it was`(
    _ jobs: Int, _ granularity: Granularity
  ) throws {
    let bench = try ManyTensors.bench()
    _ = try bench.directory.write([1, 2, 3], to: "out.safetensors")
    let progress = ConversionProgress()
    var options = ConversionOptions(
      spec: try QuantizationSpec(granularity: granularity, rangeCalculator: "own"))
    options.calculators.register(Cancelling(progress: progress), as: "own")
    options.jobs = jobs
    options.memoryBound = ManyTensors.smallestBound(jobs: jobs)
    options.separatesBuffers = true
    #expect(throws: CancellationError.self) { try bench.convert(options, progress: progress) }
    #expect(try bench.directory.contents == ["in.safetensors", "out.safetensors"])
    #expect(try bench.directory.path("out.safetensors").fileBytes == [1, 2, 3])
    #expect(progress.completedByteCount < progress.totalByteCount)
  }
}
