/// What quantization costs: the error figures of a conversion, to be kept in a file and shown.
public struct MetricsReport: Sendable {
  /// The float checkpoint.
  public let input: String
  /// The quantized one.
  public let output: String
  /// The layout of the quantized one.
  public let layout: String
  /// The size of the input's checkpoint files in bytes.
  public let inputByteCount: Int
  /// The size of the output's checkpoint files in bytes.
  public let outputByteCount: Int
  /// The figures of all quantized tensors together; nil where nothing is quantized.
  public let total: ErrorFigures?
  /// The tensors in the order of the model.
  public let tensors: [Tensor]

  /// What became of a tensor, and what it costs.
  public struct Tensor: Sendable {
    /// Its name.
    public let name: String
    /// Its element type in the input.
    public let dtype: String
    /// Its shape in the input.
    public let shape: [Int]
    /// How it is quantized, or why it is not.
    public let treatment: String
    /// The bytes it took in the input.
    public let inputByteCount: Int
    /// The bytes of all its entries in the output.
    public let outputByteCount: Int
    /// How far its values are from the original ones; nil where it is not quantized.
    public let figures: ErrorFigures?
  }
}

extension MetricsReport {
  /// The figures of a conversion that measured them.
  public init(_ report: ConversionReport) {
    input = report.input.string
    output = report.output.string
    layout = report.layout
    inputByteCount = report.inputByteCount
    outputByteCount = report.outputByteCount
    total = report.totalFigures
    tensors = report.tensors.map { tensor in
      Tensor(
        name: tensor.name.string, dtype: tensor.dtype.rawValue, shape: tensor.shape,
        treatment: tensor.decision.spec.map { "\($0)" } ?? tensor.decision.reason ?? "",
        inputByteCount: tensor.inputByteCount, outputByteCount: tensor.outputByteCount,
        figures: tensor.figures)
    }
  }

  /// The quantized tensors, those with the lowest signal-to-noise ratio first.
  public var worstFirst: [(tensor: Tensor, figures: ErrorFigures)] {
    tensors.compactMap { tensor in tensor.figures.map { (tensor, $0) } }
      .sorted {
        ($0.1.signalToNoise, TensorName($0.0.name)) < ($1.1.signalToNoise, TensorName($1.0.name))
      }
  }
}
