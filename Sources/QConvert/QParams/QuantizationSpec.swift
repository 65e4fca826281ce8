/// How to quantize a tensor: the same settings, names and defaults as coreai-opt's `QuantizationSpec`.
public struct QuantizationSpec: Hashable, Sendable {
  /// The type to quantize to.
  public let dtype: QuantizedDType
  /// How the range is laid onto the quantized values.
  public let scheme: QuantizationScheme
  /// The formula.
  public let formulation: QuantizationFormulation
  /// How many elements share a scale.
  public let granularity: Granularity
  /// Bounds that replace the observed ones.
  public let floatRange: FloatRange
  /// The type in which scales are chosen; always e8m0 for float4.
  public let scaleDType: ScaleDType
  /// The registered name of the calculator that turns ranges into parameters.
  public let qparamsCalculator: String
  /// The registered name of the calculator that finds ranges.
  public let rangeCalculator: String

  /// A spec whose settings go together.
  ///
  /// - Throws: ``QuantizationSpecError`` for a combination the reference rejects.
  public init(
    dtype: QuantizedDType = .int8,
    scheme: QuantizationScheme = .symmetric,
    formulation: QuantizationFormulation = .zeroPoint,
    granularity: Granularity = .perChannel(axis: nil),
    floatRange: FloatRange = .observed,
    scaleDType: ScaleDType = .none,
    qparamsCalculator: String = "default",
    rangeCalculator: String = "minmax"
  ) throws(QuantizationSpecError) {
    if !dtype.isInteger {
      guard scheme == .symmetric else { throw .floatNeedsSymmetric(dtype, scheme) }
      guard formulation == .zeroPoint else { throw .floatNeedsZeroPoint(dtype) }
    } else if scaleDType != .none {
      throw .integerWithPowerOfTwoScale(dtype)
    }
    if qparamsCalculator == Calculators.dynamicName {
      guard floatRange == .observed else { throw .dynamicWithFloatRange }
      guard scheme != .symmetricWithClipping else { throw .dynamicWithClipping }
    }
    switch granularity {
    case .perBlock(_, let size) where size < 1: throw .badBlockSize(size)
    case .perBlocks(let sizes):
      if let size = sizes.first(where: { $0 < 1 && $0 != -1 }) { throw .badBlockSize(size) }
    default: break
    }
    self.dtype = dtype
    self.scheme = scheme
    self.formulation = formulation
    self.granularity = granularity
    self.floatRange = floatRange
    self.scaleDType = dtype == .float4E2M1 && scaleDType == .none ? .float8E8M0 : scaleDType
    self.qparamsCalculator = qparamsCalculator
    self.rangeCalculator = rangeCalculator
  }

  /// The smallest and largest quantized value.
  public var limits: (min: Double, max: Double) { dtype.limits(scheme) }

  /// The spec for one tensor: the granularity with its axis filled in and counted from the start.
  func resolved(rank: Int) throws(GranularityError) -> QuantizationSpec {
    QuantizationSpec(self, try granularity.resolved(rank: rank))
  }

  /// The spec for a weight of a transposed convolution, where input and output channels have changed
  /// places: the default axes have too.
  var forTransposedConvolution: QuantizationSpec {
    switch granularity {
    case .perChannel(nil): QuantizationSpec(self, .perChannel(axis: 1))
    case .perBlock(nil, let size): QuantizationSpec(self, .perBlock(axis: 0, size: size))
    default: self
    }
  }

  /// The spec for a stack of matrices, each quantized as it would be alone; an axis that is given counts
  /// in the whole stack.
  func perLeadingIndex(rank: Int) throws(GranularityError) -> QuantizationSpec {
    switch granularity {
    case .perTensor: QuantizationSpec(self, .perBlocks([1] + [Int](repeating: -1, count: rank - 1)))
    case .perChannel(nil):
      QuantizationSpec(self, .perBlocks([1, 1] + [Int](repeating: -1, count: rank - 2)))
    case .perBlock(nil, let size):
      QuantizationSpec(self, .perBlocks([1, 1, size] + [Int](repeating: -1, count: rank - 3)))
    case .perChannel, .perBlock, .perBlocks: try resolved(rank: rank)
    }
  }

  /// The spec with another granularity of the same kind, or one that is known to be right.
  func replacing(_ granularity: Granularity) -> QuantizationSpec {
    QuantizationSpec(self, granularity)
  }

  /// A spec with other groups, which cannot make it wrong.
  private init(_ spec: QuantizationSpec, _ granularity: Granularity) {
    dtype = spec.dtype
    scheme = spec.scheme
    formulation = spec.formulation
    self.granularity = granularity
    floatRange = spec.floatRange
    scaleDType = spec.scaleDType
    qparamsCalculator = spec.qparamsCalculator
    rangeCalculator = spec.rangeCalculator
  }
}

/// Bounds of a range given by the user; the others are observed.
public struct FloatRange: Hashable, Sendable {
  /// The lower bound, at most zero.
  public let low: Double?
  /// The upper bound, at least zero.
  public let high: Double?

  /// Both bounds are observed.
  public static let observed = FloatRange()

  private init() {
    low = nil
    high = nil
  }

  /// Fixes one bound or both.
  ///
  /// - Throws: ``QuantizationSpecError/badFloatRange(_:_:)`` unless low <= 0 <= high and low < high, all
  ///   finite in float32.
  public init(low: Double?, high: Double?) throws(QuantizationSpecError) {
    let lowest = low ?? -1
    let highest = high ?? 1
    // The reference holds bounds in float32.
    guard Float(lowest).isFinite, Float(highest).isFinite, lowest <= 0, highest >= 0,
      lowest < highest
    else {
      throw .badFloatRange(low, high)
    }
    self.low = low
    self.high = high
  }
}

/// Settings that do not go together.
public enum QuantizationSpecError: Error, Hashable, Sendable {
  case floatNeedsSymmetric(QuantizedDType, QuantizationScheme)
  case floatNeedsZeroPoint(QuantizedDType)
  case integerWithPowerOfTwoScale(QuantizedDType)
  case badBlockSize(Int)
  case badFloatRange(Double?, Double?)
  /// The calculator `dynamic` observes every range anew.
  case dynamicWithFloatRange
  case dynamicWithClipping
}

extension QuantizationSpecError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .floatNeedsSymmetric(let dtype, let scheme):
      "\(dtype.rawValue) takes the scheme symmetric, not \(scheme.rawValue)"
    case .floatNeedsZeroPoint(let dtype):
      "\(dtype.rawValue) takes the formulation zp, not minval"
    case .integerWithPowerOfTwoScale(let dtype):
      "\(dtype.rawValue) takes no scale dtype; float8_e8m0fnu scales go with float8 and float4"
    case .badBlockSize(let size):
      "a block size is positive, or -1 for a whole axis in a list: not \(size)"
    case .badFloatRange(let low, let high):
      "a float range is low <= 0 <= high with low < high, in float32: "
        + "not \(low.map { "\($0)" } ?? "none"),\(high.map { "\($0)" } ?? "none")"
    case .dynamicWithFloatRange: "the calculator dynamic takes no float range"
    case .dynamicWithClipping: "the calculator dynamic does not take symmetric_with_clipping"
    }
  }
}
