/// The classes of torchao that are written, under the names of the variants.
enum TorchAOClass: String, CaseIterable, Sendable {
  case int8, float8, intx

  /// The class for a spec: `Int8Tensor` is for symmetric channels and tensors of eight bits.
  init(_ spec: QuantizationSpec) {
    guard spec.dtype.isInteger else {
      self = .float8
      return
    }
    let isGrouped = if case .perBlock = spec.granularity { true } else { false }
    let isInt8 = spec.dtype == .int8 && spec.scheme == .symmetric && !isGrouped
    self = isInt8 && spec.qparamsCalculator != TorchAOIntxQParams.name ? .int8 : .intx
  }

  /// The class of a name.
  init?(className: String) {
    guard let known = Self.allCases.first(where: { $0.className == className }) else { return nil }
    self = known
  }

  /// The name of the class.
  var className: String {
    switch self {
    case .int8: "Int8Tensor"
    case .float8: "Float8Tensor"
    case .intx: "IntxUnpackedToInt8Tensor"
    }
  }

  /// The calculator with torchao's formulas.
  var calculator: String {
    switch self {
    case .int8: TorchAOInt8QParams.name
    case .float8: TorchAOFloat8QParams.name
    case .intx: TorchAOIntxQParams.name
    }
  }

  /// The spec of a weight.
  func spec(
    bits: Int = 8, scheme: QuantizationScheme = .symmetric, _ granularity: Granularity,
    calculator: String? = nil, like other: QuantizationSpec? = nil
  ) -> QuantizationSpec? {
    guard let dtype = self == .float8 ? .float8E4M3 : QuantizedDType(bits: bits, isSigned: true)
    else { return nil }
    return try? QuantizationSpec(
      dtype: dtype, scheme: scheme, granularity: granularity,
      floatRange: other?.floatRange ?? .observed,
      qparamsCalculator: calculator ?? self.calculator,
      rangeCalculator: other?.rangeCalculator ?? "minmax")
  }
}
