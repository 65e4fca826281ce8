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
  /// Whether the output was complete before, and was left as it is.
  public let wasComplete: Bool
  /// The size of the input's checkpoint files in bytes.
  public let inputByteCount: Int
  /// Whether sizes of the output are the most they can be: it is compressed and not written yet.
  public let isBound: Bool
  /// The size of the output's checkpoint files in bytes.
  public let outputByteCount: Int
  /// Everything that is written, in the order of the plan; of a directory also the files that hold no
  /// weights, and the index.
  public let files: [File]
  /// About how much memory the conversion takes at most, in bytes.
  public let memoryByteCount: Int
  /// The tensors of the input in its order.
  public let tensors: [Tensor]
  /// The figures of all quantized tensors together; nil where that was not asked for.
  public let totalFigures: ErrorFigures?
  /// What is taken for granted about the axes of weights that nothing tells; nil where there are none.
  public let assumption: String?
  /// What is unusual about the input and yet allowed, and what had no effect.
  public let warnings: [String]

  /// A file of the output.
  public struct File: Sendable {
    /// Where it is.
    public let path: FilePath
    /// Its size.
    public let byteCount: Int
  }

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
    /// The rule that decided.
    public let rule: SelectionRule
    /// The bytes it took in the input.
    public let inputByteCount: Int
    /// The bytes of all its entries in the output; of one that was complete before and is compressed, the
    /// most they can be.
    public let outputByteCount: Int
    /// How far its values are from the original ones; nil where that was not asked for, and where it is
    /// not quantized or was so in a run before.
    public let figures: ErrorFigures?
  }

  /// The report of a plan that has been carried out, or would be; `stored` has the sizes of entries that
  /// only writing tells.
  init(
    _ plan: ConversionPlan, of model: Model, to output: FilePath, layout: String,
    warnings: [String], jobs: Int, duration: Duration?, wasComplete: Bool = false,
    errors: [Int: ErrorSums] = [:], stored: [TensorName: Int] = [:]
  ) {
    input = model.path
    self.output = output
    self.layout = layout
    self.duration = duration
    self.wasComplete = wasComplete
    self.warnings = warnings
    assumption = model.assumption
    inputByteCount = model.shards.reduce(0) { $0 + $1.checkpoint.byteCount }
    isBound = plan.hasChunks && duration == nil
    let written = plan.files.map { planned in
      let path = planned.path(for: output)
      let known = planned.chunkByteLimit == 0 || duration == nil
      let found = known ? nil : (try? FileIdentity(at: path))?.byteCount
      return File(path: path, byteCount: found ?? planned.byteCount)
    }
    outputByteCount = written.reduce(0) { $0 + $1.byteCount }
    files =
      written
      + plan.sidecars(of: model).map {
        File(path: output.appending($0.name), byteCount: $0.byteCount)
      }
    memoryByteCount = plan.memoryByteCount(jobs: jobs)
    var total = ErrorSums()
    for (_, sums) in errors.sorted(by: { $0.key < $1.key }) { total.add(sums.withoutSample) }
    totalFigures = errors.isEmpty ? nil : ErrorFigures(total)
    tensors = plan.tensors.enumerated().map { index, tensor in
      Tensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, decision: tensor.decision,
        rule: tensor.rule, inputByteCount: tensor.inputByteCount,
        outputByteCount: tensor.entries.reduce(0) {
          $0 + (stored[$1.entry.name] ?? $1.bytes.count)
        },
        figures: errors[index].map { ErrorFigures($0) })
    }
  }
}

extension ConversionReport {
  /// The share of the tensor bytes of the input that are quantized, from 0 to 1; 1 where there are none.
  /// What is dropped does not count.
  public var coverage: Double {
    tensors.coverage { ($0.decision, $0.inputByteCount) }
  }
}

extension Collection {
  /// The share of bytes that are quantized.
  func coverage(_ tensor: (Element) -> (TensorDecision, byteCount: Int)) -> Double {
    var total = 0
    var quantized = 0
    for element in self {
      let (decision, byteCount) = tensor(element)
      if case .drop = decision { continue }
      total += byteCount
      if decision.spec != nil { quantized += byteCount }
    }
    return total == 0 ? 1 : Double(quantized) / Double(total)
  }
}
