import Fixtures
import Testing

@testable import QConvert

@Suite struct TensorCalibrationTests {
  private func calibration(
    _ calculator: String = "global_minmax", _ granularity: Granularity = .perTensor,
    range: FloatRange = .observed
  ) throws -> TensorCalibration {
    try TensorCalibration(
      "x",
      spec: QuantizationSpec(
        granularity: granularity, floatRange: range, qparamsCalculator: calculator))
  }

  @Test func `reading before the first tensor is an error`() throws {
    let calibration = try calibration()
    #expect(throws: CalibrationError.nothingObserved("x")) { try calibration.state() }
  }

  @Test func `the granularity is fixed by the first tensor`() throws {
    var calibration = try calibration()
    try calibration.setGranularity(.perChannel(axis: 1))
    try calibration.observe([1, -2, 3, -4], shape: [2, 2])
    #expect(try calibration.state().grid == [1, 2])
    #expect(throws: CalibrationError.granularityFixed("x")) {
      try calibration.setGranularity(.perTensor)
    }
  }

  @Test func `a frozen calibration takes in nothing more`() throws {
    var calibration = try calibration()
    try calibration.observe([1, -1], shape: [2])
    calibration.isFrozen = true
    try calibration.observe([100, -100], shape: [2])
    #expect(try calibration.state().runningRanges == [ValueRange(min: -1, max: 1)])
    #expect(try calibration.state().count == 1)
    calibration.isFrozen = false
    try calibration.observe([4, 0], shape: [2])
    #expect(try calibration.state().runningRanges == [ValueRange(min: -1, max: 4)])
  }

  @Test func `bounds on both sides settle the parameters with the first tensor`() throws {
    var calibration = try calibration(range: FloatRange(low: -2, high: 6))
    try calibration.observe([100], shape: [1])
    let first = try calibration.state()
    try calibration.observe([-100], shape: [1])
    #expect(first.runningRanges == [ValueRange(min: -2, max: 6)])
    #expect(try calibration.state().qparams == first.qparams)
    #expect(try calibration.state().count == 2)
  }

  @Test func `static has the last tensor's parameters and no running range`() throws {
    var calibration = try calibration("static")
    try calibration.observe([127.5], shape: [1])
    try calibration.observe([255], shape: [1])
    #expect(try calibration.state().qparams.map(\.scale) == [2])
    #expect(try calibration.state().runningRanges.isEmpty)
  }

  @Test func `dynamic takes tensors of any shape`() throws {
    var calibration = try calibration("dynamic", .perChannel(axis: 0))
    try calibration.observe([127.5], shape: [1])
    try calibration.observe([255, 127.5], shape: [2])
    #expect(try calibration.state().qparams.map(\.scale) == [2, 1])
  }

  @Test func `a running range of one's own is found by its name`() throws {
    struct Latest: RunningRange {
      func updated(_ range: ValueRange, with new: ValueRange, in precision: FloatPrecision)
        -> ValueRange
      { new }
    }
    var calculators = Calculators.builtIn
    calculators.register(Latest(), as: "latest")
    var calibration = try TensorCalibration(
      "x", spec: QuantizationSpec(qparamsCalculator: "latest").replacing(.perTensor),
      calculators: calculators)
    try calibration.observe([1], shape: [1])
    try calibration.observe([-9], shape: [1])
    #expect(try calibration.state().runningRanges == [ValueRange(min: -9, max: 0)])
  }

  @Test func `blocks of an activation split every other axis`() throws {
    #expect(
      try Granularity.perBlock(axis: -1, size: 4).activationBlockShape(for: [2, 3, 8])
        == [1, 1, 4])
    #expect(throws: GranularityError.noDefaultAxis) {
      try Granularity.perBlock(axis: nil, size: 4).activationBlockShape(for: [8])
    }
  }

  @Test func `a large tensor is observed in slabs by all workers`() throws {
    let count = 3_000_000
    let values = (0..<count).map { Float(($0 &* 7919) % 1000) - 500 }
    let bench = try Workbench([("x", .init(shape: [3, 1000, 1000], floats: values))])
    var calibration = try Calibration(
      .init(
        spec: QuantizationSpec(
          granularity: .perChannel(axis: 2), qparamsCalculator: "global_minmax")))
    try calibration.observe(bench.input)
    let state = try #require(try calibration.states().first?.state)
    for column in stride(from: 0, to: 1000, by: 37) {
      let own = stride(from: column, to: count, by: 1000).map { Double(values[$0]) }
      #expect(
        state.runningRanges[column]
          == ValueRange(min: min(own.min() ?? 0, 0), max: max(own.max() ?? 0, 0)))
    }
  }
}
