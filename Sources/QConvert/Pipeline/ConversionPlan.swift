/// Everything about a conversion that is known before data is read: what becomes of every tensor, every
/// entry with its place in the output, every slab of work.
public struct ConversionPlan: Sendable {
  /// The tensors of the input in its order.
  public let tensors: [PlannedTensor]
  /// The files to write.
  public let files: [PlannedFile]
  /// The entries that belong to no tensor.
  let closingEntries: [PlannedEntry]
}

/// A tensor of the input and what it becomes.
public struct PlannedTensor: Sendable {
  /// Its name in the float checkpoint.
  public let name: TensorName
  /// Its element type in the float checkpoint.
  public let dtype: DType
  /// Its shape in the float checkpoint.
  public let shape: [Int]
  /// What becomes of it, and why.
  public let decision: TensorDecision
  /// What stands for it in the output.
  public let entries: [PlannedEntry]
  /// The bytes it takes in the input.
  public let inputByteCount: Int
  let work: TensorWork
  let slabs: SlabPartition
}

/// What a worker does with the slabs of a tensor.
indirect enum TensorWork: Sendable {
  case copy(StoredTensor)
  case quantize(TensorQuantization, from: StoredTensor)
  case dequantize(TensorDequantization)
}

/// An entry and its place.
public struct PlannedEntry: Sendable {
  /// What it is.
  public let entry: OutputEntry
  /// The index of its file in the plan.
  public let file: Int
  /// Where its bytes go in that file.
  public let bytes: Range<Int>
}

/// A file to be written.
public struct PlannedFile: Sendable {
  /// What sets its name apart from the output's: empty, or for example `buffers`.
  public let suffix: String
  /// The bytes it begins with.
  let header: [UInt8]
  /// Its size.
  public let byteCount: Int
}

/// A tensor in an open file.
struct StoredTensor: Sendable {
  let file: InputFile
  let descriptor: TensorDescriptor
}

extension ConversionPlan {
  /// The bytes that will be read from the input's tensors, passes counted.
  var bytesToRead: Int {
    tensors.reduce(0) { $0 + $1.inputByteCount * ($1.slabs.needsRangePass ? 2 : 1) }
  }
}

/// Why a plan cannot be made.
public enum PlanError: Error, Hashable, Sendable {
  case duplicateEntry(TensorName)
  case unmatchedPattern(String)
  case cannotApply(TensorName, GranularityError)
  case memoryBoundTooSmall(Int, least: Int)
}

extension PlanError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .duplicateEntry(let name):
      "the output would hold two tensors called \(name)"
    case .unmatchedPattern(let pattern): "no tensor matches the pattern \(pattern)"
    case .cannotApply(let name, let error): "tensor \(name): \(error)"
    case .memoryBoundTooSmall(let bound, let least):
      "a memory bound of \(bound) bytes is too small: \(least) at least"
    }
  }
}
