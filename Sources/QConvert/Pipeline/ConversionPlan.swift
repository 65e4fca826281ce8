import SystemPackage

/// Everything about a conversion that is known before data is read: what becomes of every tensor, every
/// entry with its place in the output, every slab of work.
public struct ConversionPlan: Sendable {
  /// The tensors of the input in its order.
  public let tensors: [PlannedTensor]
  /// The files to write.
  public let files: [PlannedFile]
  /// The entries that belong to no tensor.
  let closingEntries: [PlannedEntry]
  /// The index of the shards, where there is one.
  var index: PlannedIndex?
  /// Files of the output directory that are companions of the input with other contents.
  var rewritten: [String: [UInt8]] = [:]
  /// What the format of the output cannot hold.
  var warnings: [String] = []
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
  /// The rule that decided.
  public let rule: SelectionRule
  /// What stands for it in the output.
  public let entries: [PlannedEntry]
  /// The bytes it takes in the input.
  public let inputByteCount: Int
  let work: TensorWork
  let slabs: SlabPartition

  /// The files that hold its entries, one after the other in the plan.
  var files: Range<Int> {
    guard let first = entries.first?.file else { return 0..<0 }
    return entries.reduce(first..<first + 1) { files, entry in
      min(files.lowerBound, entry.file)..<max(files.upperBound, entry.file + 1)
    }
  }
}

/// What a worker does with the slabs of a tensor.
indirect enum TensorWork: Sendable {
  case copy(StoredTensor)
  case cast(StoredTensor, to: FloatPrecision)
  case quantize(TensorQuantization, from: StoredTensor)
  case dequantize(TensorDequantization)
}

/// An entry and its place.
public struct PlannedEntry: Sendable {
  /// What it is.
  public let entry: OutputEntry
  /// The index of its file in the plan.
  public let file: Int
  let place: EntryPlace

  /// Where its bytes go in that file; of an entry in chunks, from 0 to the most that they take.
  public var bytes: Range<Int> {
    switch place {
    case .range(let bytes): bytes
    case .chunks(let grid): 0..<grid.byteLimit
    }
  }

  /// The chunks it is cut into; nil where it is not.
  var grid: ChunkGrid? {
    if case .chunks(let grid) = place { grid } else { nil }
  }
}

/// Where the bytes of an entry go: to a range of the file, or into chunks, wherever those go.
enum EntryPlace: Sendable {
  case range(Range<Int>)
  indirect case chunks(ChunkGrid)
}

/// A file to be written.
public struct PlannedFile: Sendable {
  /// What it is.
  public let role: Role
  /// Its bytes other than those of tensors.
  let segments: [FileSegment]
  /// Its size without chunks, which is known beforehand.
  let reservedByteCount: Int
  /// What chunks take at most.
  let chunkByteLimit: Int
  /// The texts that go with it.
  let metadata: [MetadataEntry]
  /// Its size; where there are chunks, the most it can be.
  public var byteCount: Int { reservedByteCount + chunkByteLimit }
  /// What else is to be done where it is an archive.
  var archive: PlannedArchive?

  /// What a file is in an output.
  public enum Role: Hashable, Sendable {
    /// The output itself.
    case main
    /// The parameters of quantized tensors, in `<stem>.buffers.<extension>` beside the main file.
    case buffers
    /// A checkpoint file of this name in the output, a directory.
    case shard(String)
  }

  /// Where the file goes when the output has this path.
  func path(for output: FilePath) -> FilePath {
    switch role {
    case .main: output
    case .buffers: output.inserting(suffix: "buffers")
    case .shard(let name): output.appending(name)
    }
  }
}

extension ConversionPlan {
  /// The bytes that will be read from the input's tensors, passes counted; tensors of these files do
  /// not count.
  func bytesToRead(without finished: Set<Int> = []) -> Int {
    tensors.reduce(0) { sum, tensor in
      if case .drop = tensor.decision { return sum }
      let isFinished = !finished.isEmpty && tensor.files.allSatisfy(finished.contains)
      return sum + (isFinished ? 0 : tensor.inputByteCount * (tensor.slabs.needsRangePass ? 2 : 1))
    }
  }
}

/// Why a plan cannot be made.
public enum PlanError: Error, Hashable, Sendable {
  case duplicateEntry(TensorName)
  case unmatchedPattern(String)
  case unmatchedRule(ConfigurationRule)
  case coverageTooLow(Double, required: Double, largest: TensorName)
  case cannotApply(TensorName, GranularityError)
  /// HDF5 holds one file's tensors.
  case hdf5NeedsFile
  /// The layout is one of files of other formats.
  case wrongFormat(layout: String, OutputFormat, takes: Set<OutputFormat>)
  /// Compression is for HDF5 files.
  case compressionNeedsHDF5
  case invalidCompressionLevel(Int)
  case hdf5CannotHold(TensorName, DType)
  /// An archive of Keras takes over the configuration of another, and holds what Keras loads, all of it.
  case archiveNeedsArchive
  case archiveNeedsLayout(layout: String)
  case archiveNeedsAll
  /// A GGUF file holds all tensors of a model, of few types and at most four axes.
  case ggufNeedsFile
  case ggufCannotHold(TensorName, DType)
  case ggufRankTooHigh(TensorName, Int)
  /// Only a GGUF file names an architecture.
  case architectureNeedsGGUF
  /// Blocks of a GGUF file go into another as they are, and nowhere else.
  case blocksNeedGGUF(TensorName, GGMLType)
  case memoryBoundTooSmall(Int, least: Int)
  /// Parameters of their own are for outputs that are files.
  case separateBuffersInDirectory
}

extension PlanError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .duplicateEntry(let name):
      "the output would hold two tensors called \(name)"
    case .unmatchedPattern(let pattern): "no tensor matches the pattern \(pattern)"
    case .unmatchedRule(let rule): "\(rule) matches nothing in this checkpoint"
    case .coverageTooLow(let coverage, let required, let largest):
      "\(coverage.cut) of the tensor bytes would be quantized, \(required) is required; "
        + "the largest tensor that is not is \(largest)"
    case .hdf5NeedsFile: "an HDF5 output is one file, not a directory of shards"
    case .hdf5CannotHold(let name, let dtype):
      "tensor \(name): HDF5 cannot hold elements of type \(dtype)"
    case .ggufNeedsFile: "a GGUF output is one file, not a directory of shards"
    case .ggufCannotHold(let name, let dtype):
      "tensor \(name): GGUF cannot hold elements of type \(dtype)"
    case .ggufRankTooHigh(let name, let rank):
      "tensor \(name): \(rank) axes; GGUF holds at most \(GGUFHeader.rankLimit)"
    case .architectureNeedsGGUF: "only GGUF outputs name an architecture"
    case .blocksNeedGGUF(let name, let type):
      "tensor \(name): blocks of type \(type) can only be copied into another .gguf file"
    case .archiveNeedsArchive:
      "a .keras archive is only written of another, whose configuration goes with it; write .h5 or .safetensors"
    case .archiveNeedsLayout(let layout):
      "the layout \(layout) cannot be in a .keras archive; write .h5 or .safetensors"
    case .archiveNeedsAll:
      "a .keras archive holds everything: no shards, no parameters in a file of their own"
    case .wrongFormat(let layout, let format, let formats):
      "the layout \(layout) is one of \(formats.map(\.rawValue).sorted().joined(separator: ", ")) "
        + "files, the output would be \(format)"
    case .compressionNeedsHDF5: "only HDF5 outputs have compression"
    case .invalidCompressionLevel(let level): "gzip has the levels 1 to 9, not \(level)"
    case .cannotApply(let name, let error): "tensor \(name): \(error)"
    case .memoryBoundTooSmall(let bound, let least):
      "a memory bound of \(bound) bytes is too small: \(least) at least"
    case .separateBuffersInDirectory:
      "the output is a directory, in which parameters have no file of their own"
    }
  }
}

extension Double {
  /// The share, cut after four digits so that less than all is never shown as all.
  fileprivate var cut: Double { (self * 10_000).rounded(.down) / 10_000 }
}
