import Fixtures
import QConvert
import Synchronization
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

@Suite struct NonFiniteTests {
  /// Tensors of several slabs with values that are not finite at these flat indices.
  private func bench(
    _ precision: FloatPrecision, _ first: [Int: Double], _ second: [Int: Double]
  ) throws -> Workbench {
    func tensor(_ special: [Int: Double]) -> Workbench.Tensor {
      let values = (0..<9_000).map { special[$0] ?? Double($0 % 100) / 64 }
      return .init(precision, [2, 4_500], values)
    }
    return try Workbench([
      ("clean.weight", tensor([:])), ("a.weight", tensor(first)), ("b.weight", tensor(second)),
    ])
  }

  private func options(_ granularity: Granularity, jobs: Int) throws -> ConversionOptions {
    var options = ConversionOptions(spec: try QuantizationSpec(granularity: granularity))
    options.jobs = jobs
    options.memoryBound = ManyTensors.smallestBound(jobs: jobs)
    return options
  }

  @Test(
    arguments: [Granularity.perTensor, .perChannel(axis: 0), .perChannel(axis: 1)], [1, 2, 7])
  func `the first value that is not finite is named`(
    _ granularity: Granularity, _ jobs: Int
  ) throws {
    for precision in [FloatPrecision.float32, .bfloat16] {
      let bench = try bench(
        precision, [8_999: .nan, 5_000: .infinity, 5_001: .nan, 7_000: .nan], [0: .nan])
      #expect(
        throws: QuantizationError.nonFinite("a.weight", index: 5_000, value: .infinity)
      ) { try bench.convert(options(granularity, jobs: jobs)) }
      #expect(try bench.directory.contents == ["in.safetensors"])
    }
  }

  @Test(arguments: FloatPrecision.allCases)
  func `infinity of either sign is named in every precision`(_ precision: FloatPrecision) throws {
    for value in [Double.infinity, -.infinity] {
      let bench = try bench(precision, [:], [8_765: value])
      #expect(throws: QuantizationError.nonFinite("b.weight", index: 8_765, value: value)) {
        try bench.convert(options(.perChannel(axis: nil), jobs: 1))
      }
    }
  }

  @Test(arguments: [Granularity.perTensor, .perChannel(axis: 0)], [1, 2, 7])
  func `tensors that are not finite are skipped on request`(
    _ granularity: Granularity, _ jobs: Int
  ) throws {
    let bench = try bench(.float32, [8_999: .nan, 5_000: .infinity], [7: -.infinity])
    var options = try options(granularity, jobs: jobs)
    options.skipsNonFinite = true
    let conversion = try Conversion(of: bench.input, options)
    let reasons = conversion.plan.tensors.map { tensor -> SkipReason? in
      if case .skip(let reason) = tensor.decision { reason } else { nil }
    }
    #expect(
      reasons == [
        nil, .nonFinite(.nonFinite("a.weight", index: 5_000, value: .infinity)),
        .nonFinite(.nonFinite("b.weight", index: 7, value: -.infinity)),
      ])
    let original = try SafetensorsFile(bench.input).tensors
    let converted = try bench.converted(options)
    #expect(converted["a.weight"] == original["a.weight"])
    #expect(converted["b.weight"] == original["b.weight"])
    #expect(converted["clean.weight"]?.dtype == "I8")
    #expect(converted["a.weight_scale"] == nil)
  }

  @Test(arguments: [1, 2])
  func `a range that overflows names the first element of its group`(_ jobs: Int) throws {
    // 65504 - -65504 is beyond float16.
    let bench = try Workbench([
      ("a.weight", .init(.float16, [3, 2], [1, 2, -65504, 65504, 3, 4]))
    ])
    var options = ConversionOptions(spec: try QuantizationSpec(scheme: .asymmetric))
    options.jobs = jobs
    #expect(throws: QuantizationError.rangeOverflow("a.weight", index: 2)) {
      try bench.convert(options)
    }
    options.skipsNonFinite = true
    let converted = try bench.converted(options)
    #expect(converted["a.weight"]?.dtype == "F16")
  }

  /// Asks for trouble where a range is taken before anything was seen.
  private struct Demanding: RangeCalculator {
    struct State: RangeAccumulator {
      var count = 0
      let wasEmpty: Flag

      mutating func observe(_ values: Span<Double>) { count += values.count }
      mutating func merge(_ other: any RangeAccumulator) {
        count += (other as? State)?.count ?? 0
      }

      var range: ValueRange {
        if count < 9_000 { wasEmpty.value.store(true, ordering: .relaxed) }
        return ValueRange(min: -1, max: 1)
      }
    }

    final class Flag: Sendable {
      let value = Atomic<Bool>(false)
    }

    let wasEmpty = Flag()

    func makeAccumulator() -> any RangeAccumulator { State(wasEmpty: wasEmpty) }
  }

  /// A calculator may rely on having seen all values; a percentile of none would trap.
  @Test(arguments: [1, 2, 7])
  func `the range of a group is asked for only once all its values are in`(_ jobs: Int) throws {
    let bench = try bench(.float32, [0: .nan], [8_999: .nan])
    let calculator = Demanding()
    var options = try options(.perTensor, jobs: jobs)
    options.configuration = QuantizerConfig(
      spec: try QuantizationSpec(granularity: .perTensor, rangeCalculator: "own"))
    options.calculators.register(calculator, as: "own")
    options.skipsNonFinite = true
    let converted = try bench.converted(options)
    #expect(converted["clean.weight"]?.dtype == "I8")
    let wasEmpty = calculator.wasEmpty.value.load(ordering: .relaxed)
    #expect(!wasEmpty)
  }

  /// Takes its time where it sees a 2, so that other workers are through with what they have.
  private struct Slow: RangeCalculator {
    struct State: RangeAccumulator {
      mutating func observe(_ values: Span<Double>) {
        if values[0] == 2 { usleep(200_000) }
      }
      mutating func merge(_ other: any RangeAccumulator) {}
      var range: ValueRange { ValueRange(min: -1, max: 1) }
    }

    func makeAccumulator() -> any RangeAccumulator { State() }
  }

  /// A worker that begins to write waits for the range pass of slabs that another has taken up: also for
  /// those that the other never comes to, after one that failed.
  @Test func `nobody waits for slabs after one that failed`() throws {
    // 192 slabs, three to an item: of the last three, the first is slow and the second fails.
    var values = [Double](repeating: 1, count: 192 * 4_096)
    values[189 * 4_096] = 2
    values[190 * 4_096] = .infinity
    let bench = try Workbench([("w.weight", .init(.float32, [192, 4_096], values))])
    var options = try options(.perTensor, jobs: 2)
    options.configuration = QuantizerConfig(
      spec: try QuantizationSpec(granularity: .perTensor, rangeCalculator: "own"))
    options.calculators.register(Slow(), as: "own")
    #expect(
      throws: QuantizationError.nonFinite("w.weight", index: 190 * 4_096, value: .infinity)
    ) { try bench.convert(options) }
  }
}
