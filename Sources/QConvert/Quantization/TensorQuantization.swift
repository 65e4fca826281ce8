import CKernels

/// Everything that decides the quantized values of one tensor; a value, made before any data is read.
struct TensorQuantization: Sendable {
  /// Where the float elements are.
  let tensor: TensorDescriptor
  let precision: FloatPrecision
  /// The spec with its axis filled in.
  let spec: QuantizationSpec
  /// The groups, over the shape in which the layout sees the elements.
  let geometry: BlockGeometry
  /// Whether values are quantized with the scale and minval as rounded to the tensor's precision.
  let roundsQParams: Bool
  /// How codes share bytes, where they do.
  let packing: CodePacking?
  /// How zero points share words, where they do.
  var zeroPointPacking: ColumnPacking?
  let rangeCalculator: any RangeCalculator
  let qparamsCalculator: any QParamsCalculator
  /// What divides all scales of the tensor, where the calculator wants something.
  var globalScale: Float?

  /// The groups of an index of the first axis.
  var groupsPerRow: Int { geometry.grid.dropFirst().reduce(1, *) }

  var decoding: Decoding {
    Decoding(
      spec, geometry, of: qparamsCalculator, precision: precision, globalScale: globalScale)
  }
  var code: qc_code {
    spec.dtype.code(packed: packing != nil, ties: qparamsCalculator.float4Ties)
  }

  /// The precision in which parameters are computed: bounds given on both sides are float32.
  var qparamsPrecision: FloatPrecision {
    spec.floatRange.low != nil && spec.floatRange.high != nil ? .float32 : precision
  }

  /// Whether vector kernels find the range and the parameters; float64 and registered calculators take
  /// the general path.
  var hasVectorRange: Bool { precision != .float64 && rangeCalculator is MinMaxRange }
  var hasVectorQParams: Bool {
    qparamsPrecision != .float64 && qparamsCalculator is any VectorQParams
  }
  /// Whether ranges say which end of largest magnitude comes first.
  var takesExtremes: Bool { vectorRule?.kind == .ggufExtreme }

  private var vectorRule: QParamsRule? {
    (qparamsCalculator as? any VectorQParams)?.rule(for: spec, precision: qparamsPrecision)
  }

  /// The range from which the parameters of a group follow: the observed one, widened to hold zero as far as
  /// the calculator wants that, with the given bounds in place of the observed ones.
  func range(ofGroup group: Int, observed: ValueRange) -> ValueRange {
    let includesZero =
      switch qparamsCalculator.zeroInclusion {
      case .always: true
      case .partialGroups: geometry.isPartial(group: group)
      case .never: false
      }
    guard !includesZero else { return boundedRange(observed) }
    return ValueRange(
      min: spec.floatRange.low.map(rounded) ?? observed.min,
      max: spec.floatRange.high.map(rounded) ?? observed.max)
  }

  /// The observed range widened to hold zero, with the given bounds in place of the observed ones.
  func boundedRange(_ observed: ValueRange) -> ValueRange {
    ValueRange(
      // Not `min`, which keeps a -0: the kernels give +0.
      min: spec.floatRange.low.map(rounded) ?? (observed.min < 0 ? observed.min : 0),
      max: spec.floatRange.high.map(rounded) ?? max(observed.max, 0))
  }

  /// A given bound as the reference holds it: in float32 before anything else.
  private func rounded(_ bound: Double) -> Double {
    qparamsPrecision.rounded(Double(Float(bound)))
  }

  /// The parameters of a group that follow from its range, bounds and zero taken in, by the general way.
  func qparams(
    ofBounded range: ValueRange, group: Int
  ) throws(QuantizationError) -> QParams {
    let qparams = qparamsCalculator.qparams(
      for: range, spec: spec, precision: qparamsPrecision, globalScale: globalScale)
    // A zero point beyond any dtype's would overflow the kernels' integers.
    guard qparams.scale.isFinite, qparams.minval.isFinite,
      qparams.scale > 0 || qparamsCalculator.usableScales == .finite,
      -256...256 ~= qparams.zeroPoint
    else {
      throw .rangeOverflow(tensor.name, index: geometry.firstElement(ofGroup: group))
    }
    return qparams
  }

  /// Whether values are divided by float64 scales.
  var dividesInDouble: Bool { precision == .float64 && roundsQParams }

  /// What the qparams kernel needs to know, where it has the formula.
  var rule: qc_rule? {
    guard let rule = vectorRule else { return nil }
    let (low, high) = spec.limits
    return qc_rule(
      kind: rule.kind.kernelKind, precision: rule.precision.kernelType,
      has_low: spec.floatRange.low != nil, has_high: spec.floatRange.high != nil,
      low: Float(boundedRange(.empty).min), high: Float(boundedRange(.empty).max),
      quant_min: Float(low), quant_max: Float(high),
      half_steps: Float(rule.halfSteps), zero_point: rule.zeroPoint, least_scale: rule.leastScale,
      zero_scale: rule.zeroScale, target_exponent: Int32(rule.targetExponent),
      global: globalScale ?? 1)
  }
}

/// Why a tensor has no quantized values.
public enum QuantizationError: Error, Hashable, Sendable {
  /// A value that is NaN or infinite, at an index into the flattened tensor.
  case nonFinite(TensorName, index: Int, value: Double)
  /// A group, by the flat index of its first element, whose range leaves no finite scale.
  case rangeOverflow(TensorName, index: Int)
  /// A group, by the flat index of its first element, whose scale is 0 in the precision of the tensor,
  /// in which the layout stores it.
  case scaleUnderflow(TensorName, index: Int)
  /// A group, by the flat index of its first element, whose scale or minval is infinite in the type in which
  /// the layout stores it.
  case parameterOverflow(TensorName, index: Int, DType)
  /// A value that is infinite in the type in which the layout stores it.
  case castOverflow(TensorName, index: Int, value: Double, DType)

  /// The tensor.
  public var tensor: TensorName {
    switch self {
    case .nonFinite(let name, _, _), .rangeOverflow(let name, _), .scaleUnderflow(let name, _),
      .parameterOverflow(let name, _, _), .castOverflow(let name, _, _, _):
      name
    }
  }
}

extension QuantizationError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .nonFinite(let name, let index, let value):
      "tensor \(name): the value at flat index \(index) is \(value)"
    case .rangeOverflow(let name, let index):
      "tensor \(name): the group that begins at flat index \(index) has no finite scale"
    case .scaleUnderflow(let name, let index):
      "tensor \(name): the scale of the group that begins at flat index \(index) is 0 in the "
        + "precision of the tensor, in which this layout stores it"
    case .parameterOverflow(let name, let index, let dtype):
      "tensor \(name): the scale or minval of the group that begins at flat index \(index) is infinite "
        + "as \(dtype), in which this layout stores it"
    case .castOverflow(let name, let index, let value, let dtype):
      "tensor \(name): the value at flat index \(index), \(value), is infinite as \(dtype), "
        + "in which this layout stores it"
    }
  }
}
