/// How a checkpoint is converted.
public struct ConversionOptions: Sendable {
  /// How the weights of which modules are quantized.
  public var configuration: QuantizerConfig
  /// The types of modules, which a configuration may name and default axes depend on.
  public var moduleTypes = ModuleTypes()
  /// Tensors that are quantized or copied whatever the configuration says.
  public var selection = TensorSelection()
  /// Whether a pattern or rule that matches nothing is a warning instead of an error.
  public var allowsUnmatched = false
  /// Whether the state of an optimizer is left out of the output.
  public var dropsOptimizerState = false
  /// The least share of the tensor bytes, from 0 to 1, that has to be quantized.
  public var requiredCoverage = 0.0
  /// How the output is laid out.
  public var layout: any OutputLayout = NativeLayout()
  /// The container of the output; nil means that of the input.
  public var format: OutputFormat?
  /// What a GGUF output says in `general.architecture`; nil for what a GGUF input says there, or in the layout
  /// gguf the `model_type` of `config.json`.
  public var architecture: String?
  /// How the datasets of an HDF5 output are stored; nil means each as it was in an HDF5 input, chunks and
  /// filters kept, else contiguous.
  public var compression: HDF5Compression?
  /// Whether scales, zero points and minvals go to a file of their own, `<output>.buffers.<extension>`.
  public var separatesBuffers = false
  /// The bytes of tensors at which a shard of the output ends; nil leaves tensors in their shards. The
  /// output is then a directory, also where the input is a file.
  public var shardByteCount: Int?
  /// Whether a weight that the spec cannot apply to is an error instead of a copy.
  public var isStrict = false
  /// Whether weights with NaN, infinite or overflowing values are copied, which takes a pass over all
  /// weights beforehand, instead of being an error.
  public var skipsNonFinite = false
  /// The calculators that specs name.
  public var calculators = Calculators.builtIn
  /// Where libhdf5 walks an HDF5 file.
  public var hdf5Access = HDF5Access.inProcess
  /// Whether the values that quantized tensors stand for are compared with the original ones.
  public var measuresErrors = false
  /// The number of workers; nil means one a core.
  public var jobs: Int?
  /// A bound on the memory of all workers together, in bytes; nil means what is fastest.
  public var memoryBound: Int?
  /// Whether an existing output is replaced.
  public var overwrites = false
  /// Whether the output is on the disk before it gets its name.
  public var isDurable = true
  /// Whether a conversion that was stopped is taken up again, and one that is complete left as it is.
  public var resumes = false

  /// Options with the defaults of the command line.
  public init(spec: QuantizationSpec) {
    self.init(configuration: QuantizerConfig(spec: spec))
  }

  /// Options with the defaults of the command line.
  public init(configuration: QuantizerConfig) {
    self.configuration = configuration
  }
}

extension ConversionOptions {
  /// The workers that will run.
  var workerCount: Int { Machine.workerCount(jobs) }

  /// The input bytes of a slab: less than usual where the memory bound asks for it.
  var slabByteCount: Int {
    get throws(PlanError) {
      guard let memoryBound else { return SlabPartition.usualByteCount }
      let slab = memoryBound / workerCount / Self.workingSetPerInputByte
      guard slab >= Self.smallestSlab else {
        let each = Self.smallestSlab * Self.workingSetPerInputByte
        let (least, overflow) = each.multipliedReportingOverflow(by: workerCount)
        throw .memoryBoundTooSmall(memoryBound, least: overflow ? .max : least)
      }
      return min(slab, SlabPartition.usualByteCount)
    }
  }

  /// A worker's buffers take at most this many times its slab: input, codes, output, and for the
  /// smallest groups the parameters.
  private static let workingSetPerInputByte = 16
  private static let smallestSlab = 1 << 14
}
