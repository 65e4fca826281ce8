public import SystemPackage

/// The parameters of activations over a sequence of dumps: files that hold the same tensors, one batch each.
///
///     dump --Model--> tensor descriptors
///          --RangeRun--> the range of every group of every tensor; in parallel
///          --TensorCalibration--> running ranges, parameters
///     after the last dump --CalibrationState--> buffers --PlanBuilder, FileSink--> file
///
/// Dumps are taken in one after the other, in the order in which they are given; what is kept between them are
/// a few numbers a group.
public struct Calibration: Sendable {
  /// How tensors are observed.
  public let options: Options
  /// What is unusual about the dumps and yet allowed.
  public private(set) var warnings: [String] = []
  /// The tensors that are not observed, and why.
  public private(set) var skipped: [(name: TensorName, reason: CopyReason)] = []
  private var order: [TensorName] = []
  private var tensors: [TensorName: TensorCalibration] = [:]
  private var dumpCount = 0
  private let constant: Double

  /// How tensors are observed.
  public struct Options: Sendable {
    /// How they are to be quantized; the calculator says how the tensors of a sequence are taken together.
    public var spec: QuantizationSpec
    /// Glob patterns: with ``TensorSelection/include`` only tensors that match are observed.
    public var selection = TensorSelection()
    /// Whether a tensor may be missing in some of the dumps.
    public var allowsMissing = false
    /// The calculators that the spec names.
    public var calculators = Calculators.builtIn
    /// Where libhdf5 walks an HDF5 file.
    public var hdf5Access = HDF5Access.inProcess
    /// The number of workers; nil means one a core.
    public var jobs: Int?
    /// Whether an existing output is replaced.
    public var overwrites = false
    /// Whether the output is on the disk before it gets its name.
    public var isDurable = true

    /// Options with the defaults of the command line.
    public init(spec: QuantizationSpec) {
      self.spec = spec
    }
  }

  /// A calibration that has seen nothing yet.
  ///
  /// - Throws: ``CalculatorError`` for a calculator that nobody registered.
  public init(_ options: Options) throws(CalculatorError) {
    self.options = options
    constant = try options.calculators.sequenceRule(for: options.spec).constant
    _ = try options.calculators.range(for: options.spec)
  }

  /// A calibration that goes on from a file that one has written.
  ///
  /// - Throws: ``CheckpointError``, ``StorageError``; ``DumpError`` for a file without a state, or one of
  ///   other settings.
  public init(continuing path: FilePath, _ options: Options) throws {
    try self.init(options)
    let checkpoint = try Checkpoint(path, hdf5: options.hdf5Access)
    do {
      let state = try CalibrationState(checkpoint)
      guard state.spec == options.spec else {
        throw CalibrationError.otherSettings("\(options.spec)", saved: "\(state.spec)")
      }
      guard state.constant == constant else {
        throw CalibrationError.otherSettings(
          "the averaging constant \(constant)", saved: "\(state.constant)")
      }
      dumpCount = state.dumpCount
      order = state.tensors.map(\.name)
      for (name, state) in state.tensors {
        tensors[name] = try TensorCalibration(
          name, spec: options.spec, calculators: options.calculators, from: state)
      }
    } catch let error as CalibrationError {
      throw DumpError(path: path, reason: error)
    }
  }

  /// The settings with which a file was written that can be continued.
  ///
  /// - Throws: ``CheckpointError``, ``StorageError``; ``DumpError`` for a file without a state.
  public static func settings(
    of path: FilePath, hdf5 access: HDF5Access = .inProcess
  ) throws -> (spec: QuantizationSpec, constant: Double) {
    let checkpoint = try Checkpoint(path, hdf5: access)
    do {
      let state = try CalibrationState(checkpoint)
      return (state.spec, state.constant)
    } catch let error as CalibrationError {
      throw DumpError(path: path, reason: error)
    }
  }

  /// Takes in the next dump: a safetensors or HDF5 file, an index, or a directory of shards.
  ///
  /// After an error the calibration is as it was before the dump.
  ///
  /// - Throws: ``StorageError``, ``CheckpointError``, ``ModelError``; ``DumpError`` for a tensor that is
  ///   missing, does not fit those before it, or holds a value that is not finite; `CancellationError`.
  public mutating func observe(
    _ dump: FilePath, progress: ConversionProgress = ConversionProgress()
  ) throws {
    let model = try Model(dump, hdf5: options.hdf5Access)
    do {
      try observe(model, dump, progress)
    } catch let error as CalibrationError {
      throw DumpError(path: dump, reason: error)
    } catch let error as QuantizationError {
      throw DumpError(path: dump, reason: error)
    }
    for file in model.files { try file.checkUnchanged() }
    dumpCount += 1
  }

  private mutating func observe(
    _ model: Model, _ dump: FilePath, _ progress: ConversionProgress
  ) throws {
    let sources = try choose(model)
    if dumpCount > 0 { try checkNames(sources.map(\.descriptor.name), dump) }
    var observed: [TensorCalibration] = []
    var subjects: [RangeRun.Subject] = []
    for source in sources {
      let tensor = source.descriptor
      guard let precision = FloatPrecision(tensor.dtype) else { continue }
      let calibration =
        try tensors[tensor.name]
        ?? TensorCalibration(
          tensor.name, spec: options.spec, calculators: options.calculators)
      subjects.append(
        RangeRun.Subject(
          source: source, quantization: try calibration.quantization(of: tensor, precision)))
      observed.append(calibration)
    }
    let ranges = try RangeRun(subjects).run(
      jobs: Machine.workerCount(options.jobs), progress: progress)
    for index in observed.indices {
      try observed[index].observe(ranges[index], subjects[index].quantization)
    }
    for calibration in observed {
      if tensors.updateValue(calibration, forKey: calibration.name) == nil {
        order.append(calibration.name)
      }
    }
  }

  /// The tensors of a dump that are observed.
  private mutating func choose(_ model: Model) throws(CalibrationError) -> [StoredTensor] {
    let all = model.storedTensors
    let names = all.map(\.descriptor.name)
    if let pattern = options.selection.unmatchedPatterns(in: names).first {
      throw .unmatchedPattern(pattern)
    }
    var chosen: [StoredTensor] = []
    for source in all {
      let tensor = source.descriptor
      if let reason = reasonToSkip(tensor) {
        if dumpCount == 0 { skipped.append((tensor.name, reason)) }
      } else {
        chosen.append(source)
      }
    }
    guard !chosen.isEmpty else { throw .nothingToObserve }
    return chosen
  }

  private func reasonToSkip(_ tensor: TensorDescriptor) -> CopyReason? {
    if let pattern = options.selection.excludingPattern(tensor.name) { return .excluded(pattern) }
    if !options.selection.include.isEmpty,
      options.selection.includingPattern(tensor.name) == nil
    {
      return .notIncluded
    }
    return FloatPrecision(tensor.dtype) == nil ? .notFloat(tensor.dtype) : nil
  }

  /// Demands that a dump has the tensors of those before it, and no others.
  private mutating func checkNames(
    _ names: [TensorName], _ dump: FilePath
  ) throws(CalibrationError) {
    let present = Set(names)
    let errors =
      order.filter { !present.contains($0) }.map(CalibrationError.missing)
      + names.filter { tensors[$0] == nil }.map(CalibrationError.unexpected)
    guard let first = errors.first else { return }
    guard options.allowsMissing else { throw first }
    warnings += errors.map { "\(dump): \($0)" }
  }
}

extension Calibration {
  /// The tensors observed so far, in the order of the first dump, and what is known of them.
  ///
  /// - Throws: ``CalibrationError/nothingToObserve`` before the first dump.
  public func states() throws(CalibrationError) -> [(
    name: TensorName, state: TensorCalibration.State
  )] {
    guard !order.isEmpty else { throw .nothingToObserve }
    var states: [(name: TensorName, state: TensorCalibration.State)] = []
    for name in order {
      if let tensor = tensors[name] { states.append((name, try tensor.state())) }
    }
    return states
  }

  /// Demands that the output can be written and is none of the dumps, as far as that can be told
  /// without writing.
  ///
  /// - Throws: ``StorageError``.
  public func checkDestination(_ output: FilePath, dumps: [FilePath]) throws {
    for dump in dumps {
      let files = try FileIdentity(existing: dump).isDirectory ? [] : [InputFile(dump)]
      try OutputFile.check(output, inputs: files, overwrite: options.overwrites)
    }
  }

  /// Writes the buffers of all tensors, and what it takes to go on: see ``init(continuing:_:)``.
  ///
  /// - Parameters:
  ///   - output: The file; it appears complete or not at all.
  ///   - format: Its container; nil means what its name stands for, or safetensors.
  /// - Returns: What was written.
  /// - Throws: ``StorageError``, ``PlanError``; ``CalibrationError/nothingToObserve`` before the first
  ///   dump.
  public func write(
    to output: FilePath, format: OutputFormat? = nil
  ) throws -> CalibrationReport {
    let state = CalibrationState(
      spec: options.spec, constant: constant, dumpCount: dumpCount, tensors: try states())
    let format = format ?? OutputFormat(extensionOf: output)
    let file = PlanBuilder.File(
      role: .main, metadata: [state.metadata],
      template: format == .hdf5 ? try HDF5Template(nil) : nil,
      gguf: format == .gguf ? try GGUFTemplate(of: nil) : nil)
    let plan = try PlanBuilder(files: [file]).plan([], closing: state.entries)
    let sink = try FileSink(
      plan, to: output, inputs: [], overwrite: options.overwrites, isDurable: options.isDurable)
    _ = try plan.write(into: sink, from: [], jobs: 1, progress: ConversionProgress())
    return CalibrationReport(
      output: output, spec: options.spec, dumpCount: dumpCount, tensors: state.tensors,
      skipped: skipped, warnings: warnings + plan.warnings)
  }
}

extension SequenceRule {
  /// The setting of the running range; 0 where there is none.
  fileprivate var constant: Double {
    if case .running(let range) = self { range.constant } else { 0 }
  }
}
