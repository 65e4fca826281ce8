import Testing

@testable import QConvert

@Suite struct TensorRangesTests {
  /// Writes down the order in which parts are merged, as the digits of a number.
  private struct Digits: RangeAccumulator {
    var number = 0.0

    mutating func observe(_ values: Span<Double>) {}

    mutating func merge(_ other: any RangeAccumulator) {
      number = number * 10 + ((other as? Digits)?.number ?? 0)
    }

    var range: ValueRange { ValueRange(min: 0, max: number) }
  }

  private struct DigitsRange: RangeCalculator {
    func makeAccumulator() -> any RangeAccumulator { Digits() }
  }

  /// The upper bound as the scale.
  private struct Upper: QParamsCalculator {
    func qparams(
      for range: ValueRange, spec: QuantizationSpec, precision: FloatPrecision
    ) -> QParams {
      QParams(scale: Float(range.max), zeroPoint: 0, minval: 0)
    }
  }

  private func quantization(_ range: any RangeCalculator) throws -> TensorQuantization {
    TensorQuantization(
      tensor: TensorDescriptor(name: "t", dtype: .float32, shape: [5], bytes: 0..<20),
      precision: .float32, spec: try QuantizationSpec(),
      geometry: BlockGeometry(shape: [5], block: [5]), roundsQParams: false, packing: nil,
      rangeCalculator: range, qparamsCalculator: Upper())
  }

  @Test(arguments: [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 0, 3, 2, 4]])
  func `states are merged in the order of their slabs`(_ arrival: [Int]) throws {
    let ranges = TensorRanges(try quantization(DigitsRange()), slabs: 5)
    for slab in arrival {
      let state = Digits(number: Double(slab + 1))
      ranges.add(.accumulators(first: 0, [state]), slab: slab)
      ranges.finishObserving(1)
    }
    let params = try #require(try ranges.params(SlabQuantizer()))
    #expect(params.scale == [12345])
    // Every worker that writes a slab asks again.
    #expect(try ranges.params(SlabQuantizer())?.scale == [12345])
  }

  @Test func `bounds are merged in any order, each slab into its groups`() throws {
    let quantization = TensorQuantization(
      tensor: TensorDescriptor(name: "t", dtype: .float32, shape: [4], bytes: 0..<16),
      precision: .float32, spec: try QuantizationSpec(),
      geometry: BlockGeometry(shape: [4], block: [1]), roundsQParams: false, packing: nil,
      rangeCalculator: MinMaxRange(), qparamsCalculator: Upper())
    let ranges = TensorRanges(quantization, slabs: 2)
    ranges.add(.bounds(first: 1, min: [0, 0, 0], max: [20, 30, 40]), slab: 1)
    ranges.add(.bounds(first: 0, min: [0, 0], max: [10, 50]), slab: 0)
    ranges.finishObserving(2)
    #expect(try ranges.params(SlabQuantizer())?.scale == [10, 50, 30, 40])
  }

  @Test func `there are no parameters after a slab has failed`() throws {
    let ranges = TensorRanges(try quantization(DigitsRange()), slabs: 2)
    ranges.add(.accumulators(first: 0, [Digits(number: 1)]), slab: 1)
    ranges.finishObserving(2)
    let params = try ranges.params(SlabQuantizer())
    #expect(params?.scale == nil)
  }

  @Test func `the last slab written is told`() throws {
    let ranges = TensorRanges(try quantization(DigitsRange()), slabs: 3)
    #expect((0..<3).map { _ in ranges.finishWriting() } == [false, false, true])
  }
}
