/// A tensor over a sequence of batches: what its calculator keeps, and the parameters that follow.
///
///     var calibration = try TensorCalibration("encoder.output", spec: spec)
///     for batch in batches { try calibration.observe(batch.values, shape: batch.shape) }
///     let qparams = try calibration.state().qparams
///
/// The counterpart of a `QParamsCalculator` of coreai-opt 0.3.0 over activations, with the same bits; only
/// what the reference warns of, or broadcasts, is an error here.
public struct TensorCalibration: Sendable {
  /// The name of the tensor.
  public let name: TensorName
  /// How the tensor is quantized.
  public private(set) var spec: QuantizationSpec
  /// Whether further tensors change nothing, as in the reference's export mode.
  public var isFrozen = false
  private let rule: SequenceRule
  private let rangeCalculator: any RangeCalculator
  private var observed: State?

  /// What is known of a tensor that has been observed.
  public struct State: Sendable {
    /// The precision of the tensor.
    public let precision: FloatPrecision
    /// The number of groups along every axis: the shape of all that follows.
    public let grid: [Int]
    /// The parameters of every group, row-major.
    public let qparams: [QParams]
    /// The running range of every group; none where the calculator keeps none.
    public let runningRanges: [ValueRange]
    /// The number of tensors observed.
    public let count: Int
  }

  /// A calibration that has seen nothing yet.
  ///
  /// - Throws: ``CalculatorError`` for a calculator that nobody registered.
  public init(
    _ name: TensorName, spec: QuantizationSpec, calculators: Calculators = .builtIn
  ) throws(CalculatorError) {
    self.name = name
    self.spec = spec
    rule = try calculators.sequenceRule(for: spec)
    rangeCalculator = try calculators.range(for: spec)
  }

  /// A calibration that goes on from a state.
  init(
    _ name: TensorName, spec: QuantizationSpec, calculators: Calculators, from state: State
  ) throws(CalculatorError) {
    try self.init(name, spec: spec, calculators: calculators)
    observed = state
  }

  /// What is known of the tensor.
  ///
  /// - Throws: ``CalibrationError/nothingObserved(_:)`` before the first tensor.
  public func state() throws(CalibrationError) -> State {
    guard let observed else { throw .nothingObserved(name) }
    return observed
  }

  /// Changes the granularity.
  ///
  /// - Throws: ``CalibrationError/granularityFixed(_:)`` after the first tensor.
  public mutating func setGranularity(_ granularity: Granularity) throws(CalibrationError) {
    guard observed == nil else { throw .granularityFixed(name) }
    spec = spec.replacing(granularity)
  }

  /// Whether the next tensor is of no use: bounds that are given on both sides are all there is to know.
  var isSettled: Bool {
    isFrozen || observed != nil && spec.floatRange.low != nil && spec.floatRange.high != nil
  }

  /// Takes in the next tensor of the sequence.
  ///
  /// - Parameters:
  ///   - values: The elements, row-major.
  ///   - shape: The length of every axis.
  /// - Throws: ``CalibrationError``; ``QuantizationError`` for a value that is not finite.
  public mutating func observe(_ values: [Float], shape: [Int]) throws {
    try unsafe values.withUnsafeBytes { bytes in
      try unsafe observe(bytes, shape: shape, precision: .float32)
    }
  }

  /// Takes in the next tensor of the sequence.
  ///
  /// - Parameters:
  ///   - elements: The elements, row-major and little endian.
  ///   - shape: The length of every axis.
  ///   - precision: The type of the elements.
  /// - Throws: ``CalibrationError``; ``QuantizationError`` for a value that is not finite.
  public mutating func observe(
    _ elements: RawSpan, shape: [Int], precision: FloatPrecision
  ) throws {
    try unsafe elements.withUnsafeBytes { bytes in
      try unsafe observe(bytes, shape: shape, precision: precision)
    }
  }

  private mutating func observe(
    _ bytes: UnsafeRawBufferPointer, shape: [Int], precision: FloatPrecision
  ) throws {
    let tensor = TensorDescriptor(
      name: name, dtype: precision.dtype, shape: shape, bytes: 0..<bytes.count)
    precondition(
      tensor.elementCount * precision.byteCount == bytes.count, "elements for every index")
    guard !isFrozen else { return }
    let quantization = try quantization(of: tensor, precision)
    let ranges = try unsafe SlabQuantizer().ranges(
      of: 0..<tensor.elementCount, input: bytes, quantization)
    try observe(ranges, quantization)
  }

  /// How the next tensor is observed.
  func quantization(
    of tensor: TensorDescriptor, _ precision: FloatPrecision
  ) throws(CalibrationError) -> TensorQuantization {
    guard tensor.elementCount > 0 else { throw .noElements(name) }
    let block: [Int]
    do throws(GranularityError) {
      block = try spec.granularity.activationBlockShape(for: tensor.shape)
    } catch {
      throw .granularity(name, error)
    }
    let geometry = BlockGeometry(shape: tensor.shape, block: block)
    if let observed {
      guard observed.precision == precision else {
        throw .precisionChanged(name, from: observed.precision.dtype, to: precision.dtype)
      }
      if case .unrelated = rule {
      } else if observed.grid != geometry.grid {
        throw .gridChanged(name, from: observed.grid, to: geometry.grid)
      }
    }
    return TensorQuantization(
      tensor: tensor, precision: precision, spec: spec, geometry: geometry, roundsQParams: false,
      packing: nil, rangeCalculator: rangeCalculator,
      qparamsCalculator: rule.qparamsCalculator)
  }

  /// Takes in the ranges of the next tensor's groups.
  mutating func observe(
    _ ranges: GroupRanges, _ quantization: TensorQuantization
  ) throws(QuantizationError) {
    let count = (observed?.count ?? 0) + 1
    guard !isSettled else {
      observed = observed?.counting(count)
      return
    }
    let precision = quantization.qparamsPrecision
    var bounded = ranges.valueRanges.enumerated().map { group, range in
      quantization.range(ofGroup: group, observed: range)
    }
    if case .running(let rule) = rule, let observed {
      bounded = zip(observed.runningRanges, bounded).map { running, new in
        rule.updated(running, with: new, in: precision)
      }
    }
    var qparams: [QParams] = []
    qparams.reserveCapacity(bounded.count)
    for (group, range) in bounded.enumerated() {
      qparams.append(try quantization.qparams(ofBounded: range, group: group))
    }
    observed = State(
      precision: quantization.precision, grid: quantization.geometry.grid, qparams: qparams,
      runningRanges: rule.keepsRanges ? bounded : [], count: count)
  }
}

extension TensorCalibration.State {
  fileprivate func counting(_ count: Int) -> TensorCalibration.State {
    .init(
      precision: precision, grid: grid, qparams: qparams, runningRanges: runningRanges, count: count
    )
  }
}

extension SequenceRule {
  /// Whether there is a running range.
  var keepsRanges: Bool { if case .running = self { true } else { false } }
}
