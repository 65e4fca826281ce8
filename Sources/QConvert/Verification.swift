public import SystemPackage
import Synchronization

/// The check of a quantized file or directory against its float original: converts again, in memory, and compares
/// every byte.
public struct Verification: Sendable {
  /// What was found.
  public struct Report: Sendable {
    /// Where the files disagree; empty when the file is what the conversion gives.
    public let findings: [Finding]
    /// How far the quantized values are from the original ones, in the order of the original.
    public let errors: [(name: TensorName, figures: ErrorFigures)]
    /// The number of tensors compared byte by byte.
    public let comparedCount: Int
  }

  /// A disagreement.
  public enum Finding: Hashable, Sendable {
    case missing(TensorName)
    case unexpected(TensorName)
    case mismatched(TensorName, expected: String, found: String)
    case different(TensorName, byte: Int)
    case notInOriginal(TensorName)
    case metadata(String)
  }

  private let quantized: QuantizedCheckpoint
  private let original: Model
  private let plan: ConversionPlan

  /// Opens both and plans the conversion that the quantized one records.
  ///
  /// - Throws: ``StorageError``, ``CheckpointError``, ``CalculatorError``.
  public init(
    of quantized: FilePath, against original: FilePath, calculators: Calculators = .builtIn,
    hdf5 access: HDF5Access = .inProcess
  ) throws {
    let quantized = try QuantizedCheckpoint(quantized, hdf5: access)
    self.quantized = quantized
    self.original = try Model(original, hdf5: access).asFloats(calculators)
    let record = quantized.record.tensorsByName
    let casts = quantized.record.castsByName
    let originals = self.original.storedTensors
    let states = originals.filter { $0.descriptor.layer?.isOptimizerState == true }
    // All of it or nothing of it is there.
    let isDropped = states.allSatisfy { quantized.tensor($0.descriptor.name) == nil }
    let verdicts = originals.map { source in
      let tensor = source.descriptor
      if isDropped, tensor.layer?.isOptimizerState == true {
        return TensorVerdict(.drop, .dropOptimizer)
      }
      guard let recorded = record[tensor.name], recorded.isOf(tensor, quantized.record) else {
        let verdict = TensorVerdict(.copy(.notQuantized), .record)
        guard let own = FloatPrecision(tensor.dtype),
          let stored = quantized.precision(ofCast: tensor, casts[tensor.name])
        else { return verdict }
        return verdict.cast(from: own, to: stored)
      }
      return TensorVerdict(.quantize(recorded.spec), .record, as: recorded.view)
    }
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.layout = quantized.layout
    // Entries are the same in every container.
    options.format = options.layout.formats.contains(.safetensors) ? .safetensors : .hdf5
    // But blocks of types of their own are in GGUF files only.
    if quantized.model.isGGUF { options.format = .gguf }
    options.calculators = calculators
    plan = try ConversionPlan(self.original, verdicts, options)
  }

  /// Compares.
  ///
  /// - Throws: ``StorageError``; ``QuantizationError`` where the original has no finite quantization;
  ///   `CancellationError`.
  public func run(
    jobs: Int? = nil, progress: ConversionProgress = ConversionProgress()
  ) throws -> Report {
    progress.expect(byteCount: plan.bytesToRead())
    let sink = ComparisonSink(quantized)
    let run = PipelineRun(plan, into: sink, progress: progress, measuresErrors: true)
    try run.run(jobs: Machine.workerCount(jobs))
    for file in quantized.files.map(\.file) + original.files { try file.checkUnchanged() }
    let entries = plan.tensors.flatMap(\.entries) + plan.closingEntries
    let sums = run.errorSums
    let stored = sink.findings(entries)
    return Report(
      findings: structuralFindings(entries) + stored.compactMap(\.self),
      errors: plan.tensors.enumerated().compactMap { index, tensor in
        sums[index].map { (tensor.name, ErrorFigures($0)) }
      },
      comparedCount: stored.filter { $0?.isOfBytes ?? true }.count)
  }

  private func structuralFindings(_ entries: [PlannedEntry]) -> [Finding] {
    let originals = Dictionary(
      original.storedTensors.map { ($0.descriptor.name, $0.descriptor) },
      uniquingKeysWith: { first, _ in first })
    let expected = Set(entries.map(\.entry.name))
    let kept = Set(quantized.model.shards.flatMap(\.checkpoint.entries))
    return quantized.record.tensors.compactMap { recorded -> Finding? in
      guard let tensor = originals[recorded.name] else { return .notInOriginal(recorded.name) }
      return recorded.isOf(tensor, quantized.record)
        ? nil
        : .mismatched(
          recorded.name, expected: "\(recorded.precision.dtype) \(recorded.shape) in the original",
          found: "\(tensor.dtype) \(tensor.shape)")
    }
      + quantized.files.flatMap(\.tensors).filter { !expected.contains($0.name) }
      .map { .unexpected($0.name) }
      // Nobody says what a file of somebody else keeps of it, nor how it spells what tells of codes.
      + (quantized.isOfOthers ? [] : plan.metadata).filter { entry in
        !kept.contains(entry)
          && (quantized.record.isRecorded || !quantized.layout.describesCodes(entry))
      }.map { .metadata($0.name) }
  }
}

extension QuantizedCheckpoint {
  /// Whether it is a GGUF file that tells neither what it was made of nor what is kept of that.
  fileprivate var isOfOthers: Bool { record.layout == GGUFLayout.name && !record.isRecorded }

  /// The type in which it has a float tensor of the original that has been cast; nil where that was not to be.
  fileprivate func precision(
    ofCast original: TensorDescriptor, _ recorded: FloatPrecision?
  ) -> FloatPrecision? {
    guard isOfOthers || recorded?.dtype == original.dtype, original.dtype != .float64,
      let stored = tensor(original.name)?.descriptor, stored.dtype != .float64
    else { return nil }
    return FloatPrecision(stored.dtype)
  }
}

extension QuantizationRecord.Tensor {
  /// Whether it is made of a tensor, as far as the record tells.
  fileprivate func isOf(_ original: TensorDescriptor, _ record: QuantizationRecord) -> Bool {
    let isOfType =
      record.isRecorded || record.layout != GGUFLayout.name
      ? original.dtype == precision.dtype : FloatPrecision(original.dtype) != nil
    return shape == original.shape && isOfType
  }
}

extension ConversionPlan {
  /// The metadata of all files, without what is of this library.
  fileprivate var metadata: [MetadataEntry] {
    var seen: Set<MetadataEntry> = []
    return files.flatMap(\.metadata).filter {
      !MetadataEntry.ownNames.contains($0.name) && seen.insert($0).inserted
    }
  }
}

extension Verification.Finding {
  /// Whether bytes were compared to find it.
  fileprivate var isOfBytes: Bool {
    if case .different = self { true } else { false }
  }
}

extension Verification.Finding: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .missing(let name): "tensor \(name) is missing"
    case .unexpected(let name): "tensor \(name) does not belong there"
    case .mismatched(let name, let expected, let found):
      "tensor \(name) is \(found), not \(expected)"
    case .different(let name, let byte): "tensor \(name) differs, first at byte \(byte)"
    case .notInOriginal(let name): "tensor \(name) is not in the original"
    case .metadata(let name): "the metadata \(TensorName(name)) differs from the original's"
    }
  }
}

/// Compares the bytes of entries with those stored in a file.
private final class ComparisonSink: EntrySink {
  private let quantized: QuantizedCheckpoint
  /// The first byte that differs, by entry.
  private let differences = Mutex<[TensorName: Int]>([:])

  init(_ quantized: QuantizedCheckpoint) {
    self.quantized = quantized
  }

  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws {
    guard let stored = try? quantized.stored(entry.entry), unsafe !bytes.isEmpty else { return }
    let found = try stored.bytes(offset..<offset + bytes.count)
    let index = unsafe zip(bytes, found).enumerated().first { index, pair in
      unsafe pair.0 != pair.1
        && !isSignOfZero(index, bytes, found, entry.entry.blockType)
    }?.offset
    guard let index else { return }
    differences.withLock { first in
      first[entry.entry.name] = min(first[entry.entry.name] ?? .max, offset + index)
    }
  }

  /// Whether two bytes are the same but for the sign of a minval of 0, which stands for the same elements: that of
  /// gguf-py depends on the order in which a processor compares zeros.
  private func isSignOfZero(
    _ index: Int, _ bytes: UnsafeRawBufferPointer, _ found: [UInt8], _ type: GGMLType?
  ) -> Bool {
    guard let type, type.hasMinval, index % type.blockByteCount == 3 else { return false }
    return unsafe bytes[index - 1] == 0 && found[index - 1] == 0
      && bytes[index] | found[index] == 0x80
  }

  /// What was found of every entry; nil where it agrees.
  func findings(_ entries: [PlannedEntry]) -> [Verification.Finding?] {
    let differences = differences.withLock { $0 }
    return entries.map { planned in
      let entry = planned.entry
      guard let stored = quantized.tensor(entry.name)?.descriptor else {
        return .missing(entry.name)
      }
      guard stored.dtype == entry.dtype, stored.shape == entry.shape,
        stored.blockType == entry.blockType
      else {
        return .mismatched(
          entry.name, expected: "\(entry.typeName) \(entry.elementShape)",
          found: "\(stored.typeName) \(stored.elementShape)")
      }
      return differences[entry.name].map { .different(entry.name, byte: $0) }
    }
  }
}
