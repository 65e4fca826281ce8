/// The calculators a spec can name.
///
/// Register your own under a new name and put the name in a ``QuantizationSpec``:
///
///     var calculators = Calculators.builtIn
///     calculators.register(Percentile(99.9), as: "percentile")
public struct Calculators: Sendable {
  /// The calculator that keeps nothing from one tensor to the next.
  static let dynamicName = "dynamic"
  /// The calculator that stands for the one that suits.
  static let defaultName = "default"
  private static let movingAverageName = "moving_average"

  private var ranges: [String: any RangeCalculator]
  private var qparams: [String: any QParamsCalculator]
  private var running: [String: any RunningRange]

  /// The range calculator `minmax`; the calculators of parameters `static`, `moving_average` and
  /// `global_minmax`; `dynamic`, for activations only; `default`, which stands for `static` where weights
  /// are quantized and for `moving_average` where activations are observed; and those of other libraries, which
  /// stand for it in their layouts: `keras-absmax`, `keras-grouped`, `compressed-tensors-int`, `-float`, `-mx`
  /// and `-nvfp4`, `mlx-affine`, `-mx` and `-nvfp4`, `torchao-int8`, `-intx` and `-float8`, `gguf-q8_0`,
  /// `-q4_0`, `-q4_1` and `-mxfp4`.
  public static let builtIn = Calculators(
    ranges: ["minmax": MinMaxRange()],
    qparams: [
      StaticQParams.name: StaticQParams(), defaultName: StaticQParams(),
      KerasAbsMaxQParams.name: KerasAbsMaxQParams(),
      KerasGroupedQParams.name: KerasGroupedQParams(),
      CompressedTensorsIntQParams.name: CompressedTensorsIntQParams(),
      CompressedTensorsFloatQParams.name: CompressedTensorsFloatQParams(),
      CompressedTensorsMXQParams.name: CompressedTensorsMXQParams(),
      CompressedTensorsNVFP4QParams.name: CompressedTensorsNVFP4QParams(),
      MLXAffineQParams.name: MLXAffineQParams(),
      MLXMXQParams.name: MLXMXQParams(),
      MLXNVFP4QParams.name: MLXNVFP4QParams(),
      TorchAOInt8QParams.name: TorchAOInt8QParams(),
      TorchAOIntxQParams.name: TorchAOIntxQParams(),
      TorchAOFloat8QParams.name: TorchAOFloat8QParams(),
      GGUFQ8QParams.name: GGUFQ8QParams(),
      GGUFExtremeQParams.name: GGUFExtremeQParams(),
      GGUFMinimumQParams.name: GGUFMinimumQParams(),
      GGUFMXFP4QParams.name: GGUFMXFP4QParams(),
    ],
    running: [movingAverageName: MovingAverageRange(), "global_minmax": GlobalMinMaxRange()])

  private init(
    ranges: [String: any RangeCalculator], qparams: [String: any QParamsCalculator],
    running: [String: any RunningRange]
  ) {
    self.ranges = ranges
    self.qparams = qparams
    self.running = running
  }

  /// Adds a range calculator, or replaces the one of that name.
  public mutating func register(_ calculator: any RangeCalculator, as name: String) {
    ranges[name] = calculator
  }

  /// Adds a qparams calculator, or replaces the one of that name.
  public mutating func register(_ calculator: any QParamsCalculator, as name: String) {
    qparams[name] = calculator
  }

  /// Adds a calculator of parameters from a running range, or replaces the one of that name.
  public mutating func register(_ calculator: any RunningRange, as name: String) {
    running[name] = calculator
  }

  /// The range calculator of a spec.
  func range(for spec: QuantizationSpec) throws(CalculatorError) -> any RangeCalculator {
    guard let calculator = ranges[spec.rangeCalculator] else {
      throw .unknownRange(spec.rangeCalculator, known: ranges.keys.sorted())
    }
    return calculator
  }

  /// The qparams calculator of a spec for one tensor: the first of a sequence is where a running range
  /// begins.
  func qparams(for spec: QuantizationSpec) throws(CalculatorError) -> any QParamsCalculator {
    let name = spec.qparamsCalculator
    if let calculator = qparams[name] { return calculator }
    if running[name] != nil { return StaticQParams() }
    throw name == Self.dynamicName
      ? .forActivationsOnly(name) : .unknownQParams(name, known: qparamsNames)
  }

  /// How the calculator of a spec treats a sequence of tensors.
  func sequenceRule(for spec: QuantizationSpec) throws(CalculatorError) -> SequenceRule {
    let name =
      spec.qparamsCalculator == Self.defaultName ? Self.movingAverageName : spec.qparamsCalculator
    if let rule = running[name] { return .running(rule) }
    if let calculator = qparams[name] { return .latest(calculator) }
    if name == Self.dynamicName { return .unrelated }
    throw .unknownQParams(name, known: qparamsNames)
  }

  private var qparamsNames: [String] {
    ([String](qparams.keys) + running.keys + [Self.dynamicName]).sorted()
  }
}

/// A spec names a calculator that nobody registered, or one that is not for weights.
public enum CalculatorError: Error, Hashable, Sendable {
  case unknownRange(String, known: [String])
  case unknownQParams(String, known: [String])
  case forActivationsOnly(String)
}

extension CalculatorError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .unknownRange(let name, let known):
      "no range calculator is called \(name); there are: \(known.joined(separator: " "))"
    case .unknownQParams(let name, let known):
      "no qparams calculator is called \(name); there are: \(known.joined(separator: " "))"
    case .forActivationsOnly(let name):
      "the calculator \(name) is for activations: their parameters are found anew every time"
    }
  }
}
