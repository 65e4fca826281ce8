import Fixtures
import QConvert
import Testing

/// Calculators as a user of the library writes and registers them.
@Suite struct CustomCalculatorTests {
  /// The smallest and largest value, written without a look at the library's own.
  private struct UserMinMax: RangeCalculator {
    struct State: RangeAccumulator {
      var low = Double.infinity
      var high = -Double.infinity

      mutating func observe(_ values: Span<Double>) {
        for index in values.indices {
          low = min(low, values[index])
          high = max(high, values[index])
        }
      }

      mutating func merge(_ other: any RangeAccumulator) {
        guard let other = other as? State else { return }
        low = min(low, other.low)
        high = max(high, other.high)
      }

      var range: ValueRange { ValueRange(min: low, max: high) }
    }

    func makeAccumulator() -> any RangeAccumulator { State() }
  }

  /// The range without the `dropped` smallest and largest values.
  private struct Trimmed: RangeCalculator {
    let dropped: Int

    struct State: RangeAccumulator {
      let dropped: Int
      var values: [Double] = []

      mutating func observe(_ values: Span<Double>) {
        for index in values.indices { self.values.append(values[index]) }
      }

      mutating func merge(_ other: any RangeAccumulator) {
        values += (other as? State)?.values ?? []
      }

      var range: ValueRange {
        let sorted = values.sorted()
        return ValueRange(min: sorted[dropped], max: sorted[sorted.count - 1 - dropped])
      }
    }

    func makeAccumulator() -> any RangeAccumulator { State(dropped: dropped) }
  }

  /// The index-weighted sum as the upper bound: any change in the order of the values changes it.
  private struct OrderSensitive: RangeCalculator {
    struct State: RangeAccumulator {
      var count = 0.0
      var sum = 0.0
      var weighted = 0.0

      mutating func observe(_ values: Span<Double>) {
        for index in values.indices {
          count += 1
          sum += values[index]
          weighted += count * values[index]
        }
      }

      mutating func merge(_ other: any RangeAccumulator) {
        guard let other = other as? State else { return }
        weighted += other.weighted + count * other.sum
        count += other.count
        sum += other.sum
      }

      var range: ValueRange { ValueRange(min: 0, max: abs(weighted) / (count * count)) }
    }

    func makeAccumulator() -> any RangeAccumulator { State() }
  }

  /// A step of a quarter around 3, whatever the range.
  private struct QuarterSteps: QParamsCalculator {
    func qparams(
      for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
    ) -> QParams {
      QParams(scale: 0.25, zeroPoint: 3, minval: Float(range.min))
    }
  }

  private func options(
    _ granularity: Granularity, range: (any RangeCalculator)? = nil,
    qparams: (any QParamsCalculator)? = nil, scheme: QuantizationScheme = .symmetric,
    formulation: QuantizationFormulation = .zeroPoint, jobs: Int = 1
  ) throws -> ConversionOptions {
    var options = ConversionOptions(
      spec: try QuantizationSpec(
        scheme: scheme, formulation: formulation, granularity: granularity,
        qparamsCalculator: qparams == nil ? "default" : "own",
        rangeCalculator: range == nil ? "minmax" : "own"))
    if let range { options.calculators.register(range, as: "own") }
    if let qparams { options.calculators.register(qparams, as: "own") }
    options.jobs = jobs
    options.memoryBound = ManyTensors.smallestBound(jobs: jobs)
    return options
  }

  @Test(
    arguments: [
      Granularity.perTensor, .perChannel(axis: 0), .perChannel(axis: -1),
      .perBlock(axis: 0, size: 3),
    ], QuantizationScheme.allCases)
  func `a user's own min-max gives the bytes of the built-in one`(
    _ granularity: Granularity, _ scheme: QuantizationScheme
  ) throws {
    let bench = try ManyTensors.bench()
    let builtIn = try bench.converted(
      options(granularity, scheme: scheme, formulation: .minval))
    let own = try bench.converted(
      options(granularity, range: UserMinMax(), scheme: scheme, formulation: .minval, jobs: 2))
    #expect(own == builtIn)
  }

  @Test(arguments: FloatPrecision.allCases)
  func `zeros of either sign at the end of a range leave no trace`(
    _ precision: FloatPrecision
  ) throws {
    let bench = try Workbench([
      ("a.weight", .init(precision, [3, 4], [-0.0, 1, 2, 3, -1, -2, 0, -0.0, 0, -0.0, -0.0, 0]))
    ])
    let granularity = Granularity.perChannel(axis: 0)
    let builtIn = try bench.converted(options(granularity, scheme: .asymmetric))
    let own = try bench.converted(
      options(granularity, range: UserMinMax(), scheme: .asymmetric))
    #expect(own == builtIn)
    #expect(builtIn["a.weight_minval"]?.bytes.prefix(4) == [0, 0, 0, 0])
  }

  @Test(arguments: [1, 2, 7])
  func `a trimmed range leaves outliers out, over several slabs too`(_ jobs: Int) throws {
    let bench = try ManyTensors.bench()
    let original = try SafetensorsFile(bench.input).tensors
    let converted = try bench.converted(
      options(.perTensor, range: Trimmed(dropped: 10), jobs: jobs))
    for name in ["a.weight", "d.weight", "conv.weight"] {
      let sorted = try #require(original[name]).values.sorted()
      let magnitude = max(-sorted[10], sorted[sorted.count - 11])
      let scale = Float(magnitude / 127.5)
      #expect(converted[name + "_scale"]?.floats == [scale], "\(name)")
      let codes = try #require(original[name]).values.map { value in
        min(max(Double((Float(value) / scale).rounded(.toNearestOrEven)), -128), 127)
      }
      #expect(converted[name]?.values == codes, "\(name)")
    }
  }

  /// States wait for those of earlier slabs, whatever worker is first.
  @Test(arguments: [1, 2, 7])
  func `values arrive and merge in storage order`(_ jobs: Int) throws {
    let bench = try ManyTensors.bench()
    let values = try #require(SafetensorsFile(bench.input).tensors["d.weight"]).values
    let converted = try bench.converted(
      options(.perTensor, range: OrderSensitive(), scheme: .asymmetric, jobs: jobs))
    var state = OrderSensitive.State()
    state.observe(values.span)
    let scale = Double(Float(state.range.max / 255))
    let actual = try #require(converted["d.weight_scale"]?.values.first)
    // Partial sums round differently from one long sum.
    #expect(abs(actual - scale) <= scale * 1e-5)
  }

  @Test(arguments: [Granularity.perTensor, .perChannel(axis: nil)], [1, 2, 7])
  func `a user's own parameters are those of the output`(
    _ granularity: Granularity, _ jobs: Int
  ) throws {
    let bench = try ManyTensors.bench()
    let original = try SafetensorsFile(bench.input).tensors
    let converted = try bench.converted(
      options(granularity, qparams: QuarterSteps(), jobs: jobs))
    for name in ["a.weight", "b.weight", "e.weight"] {
      let values = try #require(original[name]).values
      let codes = values.map { value in
        min(max((value * 4).rounded(.toNearestOrEven) + 3, -128), 127)
      }
      #expect(converted[name]?.values == codes, "\(name)")
      #expect(try #require(converted[name + "_scale"]).floats.allSatisfy { $0 == 0.25 })
      #expect(try #require(converted[name + "_zero_point"]).values.allSatisfy { $0 == 3 })
    }
    let low = try #require(original["a.weight"]).values.prefix(96).min()
    if granularity != .perTensor {
      #expect(converted["a.weight_minval"]?.values.first == low)
    }
  }

  @Test func `a calculator that nobody registered is an error`() throws {
    let bench = try ManyTensors.bench()
    var options = ConversionOptions(spec: try QuantizationSpec(rangeCalculator: "percentile"))
    #expect(throws: CalculatorError.unknownRange("percentile", known: ["minmax"])) {
      try Conversion(of: bench.input, options)
    }
    options.configuration = QuantizerConfig(
      spec: try QuantizationSpec(qparamsCalculator: "dynamic"))
    #expect(throws: CalculatorError.forActivationsOnly("dynamic")) {
      try Conversion(of: bench.input, options)
    }
  }

  @Test func `the first tensor of a sequence has the parameters that static gives it`() throws {
    let bench = try ManyTensors.bench()
    let alone = try bench.converted(ConversionOptions(spec: try QuantizationSpec()))
    for name in ["moving_average", "global_minmax"] {
      let spec = try QuantizationSpec(qparamsCalculator: name)
      #expect(try bench.converted(ConversionOptions(spec: spec)) == alone)
    }
  }
}
