/// The calculators a spec can name.
///
/// Register your own under a new name and put the name in a ``QuantizationSpec``:
///
///     var calculators = Calculators.builtIn
///     calculators.register(Percentile(99.9), as: "percentile")
public struct Calculators: Sendable {
  private var ranges: [String: any RangeCalculator]
  private var qparams: [String: any QParamsCalculator]

  /// `minmax`; `static`, and `default`, which stands for it where weights are quantized; `keras-absmax` and
  /// `keras-grouped`, which stand for it in the layout of Keras.
  public static let builtIn = Calculators(
    ranges: ["minmax": MinMaxRange()],
    qparams: [
      "static": StaticQParams(), "default": StaticQParams(),
      KerasAbsMaxQParams.name: KerasAbsMaxQParams(),
      KerasGroupedQParams.name: KerasGroupedQParams(),
    ])

  private init(
    ranges: [String: any RangeCalculator], qparams: [String: any QParamsCalculator]
  ) {
    self.ranges = ranges
    self.qparams = qparams
  }

  /// Adds a range calculator, or replaces the one of that name.
  public mutating func register(_ calculator: any RangeCalculator, as name: String) {
    ranges[name] = calculator
  }

  /// Adds a qparams calculator, or replaces the one of that name.
  public mutating func register(_ calculator: any QParamsCalculator, as name: String) {
    qparams[name] = calculator
  }

  /// The range calculator of a spec.
  func range(for spec: QuantizationSpec) throws(CalculatorError) -> any RangeCalculator {
    guard let calculator = ranges[spec.rangeCalculator] else {
      throw .unknownRange(spec.rangeCalculator, known: ranges.keys.sorted())
    }
    return calculator
  }

  /// The qparams calculator of a spec.
  func qparams(for spec: QuantizationSpec) throws(CalculatorError) -> any QParamsCalculator {
    guard let calculator = qparams[spec.qparamsCalculator] else {
      throw .unknownQParams(spec.qparamsCalculator, known: qparams.keys.sorted())
    }
    return calculator
  }
}

/// A spec names a calculator that nobody registered.
public enum CalculatorError: Error, Hashable, Sendable {
  case unknownRange(String, known: [String])
  case unknownQParams(String, known: [String])
}

extension CalculatorError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .unknownRange(let name, let known):
      "no range calculator is called \(name); there are: \(known.joined(separator: " "))"
    case .unknownQParams(let name, let known):
      "no qparams calculator is called \(name); there are: \(known.joined(separator: " "))"
    }
  }
}
