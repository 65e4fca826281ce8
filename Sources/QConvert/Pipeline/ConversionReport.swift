public import SystemPackage

/// What a conversion did.
public struct ConversionReport: Sendable {
  /// The input.
  public let input: FilePath
  /// The output.
  public let output: FilePath
  /// The layout of the output.
  public let layout: String
  /// The time from the first byte read to the last rename; nil for a dry run.
  public let duration: Duration?
  /// The size of the input in bytes.
  public let inputByteCount: Int
  /// The size of all output files in bytes.
  public let outputByteCount: Int
  /// The tensors of the input in its order.
  public let tensors: [Tensor]
  /// What is unusual about the input and yet allowed.
  public let warnings: [String]

  /// What became of a tensor.
  public struct Tensor: Sendable {
    /// Its name.
    public let name: TensorName
    /// Its element type in the input.
    public let dtype: DType
    /// Its shape in the input.
    public let shape: [Int]
    /// What became of it, and why.
    public let decision: TensorDecision
    /// The bytes it took in the input.
    public let inputByteCount: Int
    /// The bytes of all its entries in the output.
    public let outputByteCount: Int
  }

  /// The report of a plan that has been carried out, or would be.
  init(
    _ plan: ConversionPlan, input: Checkpoint, output: FilePath, layout: String,
    duration: Duration?
  ) {
    self.input = input.path
    self.output = output
    self.layout = layout
    self.duration = duration
    warnings = input.warnings
    inputByteCount = input.file.byteCount
    outputByteCount = plan.files.reduce(0) { $0 + $1.byteCount }
    tensors = plan.tensors.map { tensor in
      Tensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, decision: tensor.decision,
        inputByteCount: tensor.inputByteCount,
        outputByteCount: tensor.entries.reduce(0) { $0 + $1.bytes.count })
    }
  }
}
