/// A model with tensors of torchao as transformers writes it: linear layers quantized, and the metadata of every
/// file tells which of torchao's classes a weight is.
///
///     a._weight_qdata       I8, a code each, or F8_E4M3
///     a._weight_scale       F32; of IntxUnpackedToInt8Tensor the precision of the original
///     a._weight_zero_point  I8, integers only
public struct TorchAOLayout: OutputLayout {
  /// Whether the model has layers whose weights are transposed, and that are not linear ones to torchao.
  var hasTransposedLayers = false

  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "torchao" }

  /// The codes and the parameters, in the order of their names.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let module = tensor.name.module.isEmpty ? "" : "\(tensor.name.module)."
    let stem = "\(module)_\(tensor.name.parameter)_"
    let tensorClass = TorchAOClass(tensor.spec)
    let scale = tensorClass == .intx ? tensor.precision.dtype : .float32
    return [
      OutputEntry(stem + "qdata", tensor.spec.dtype.storage, tensor.shape, .quantized),
      OutputEntry(stem + "scale", scale, tensor.grid, .scale),
    ]
      + (tensorClass == .float8
        ? [] : [OutputEntry(stem + "zero_point", .int8, tensor.grid, .zeroPoint)])
  }
}

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
