public import SystemPackage

/// A file or a directory with quantized weights, open, with what it says of itself: in a record of this
/// library, as a model of mlx-lm in `config.json`, or as a GGUF file.
public struct QuantizedCheckpoint: Sendable {
  /// The file, or the directory with its shards.
  public let model: Model
  /// The file of its buffers where they are separate.
  public let buffers: Checkpoint?
  /// What is quantized, and how: of all shards.
  public let record: QuantizationRecord
  let layout: any OutputLayout
  /// The entries that the layout declares for the recorded tensors, in their order.
  let entries: [[OutputEntry]]
  private let stored: [TensorName: StoredTensor]

  /// Opens a quantized file, and `<stem>.buffers.<extension>` beside it where there is one; or all shards
  /// of a directory.
  ///
  /// - Parameters:
  ///   - path: The file or directory.
  ///   - access: Where libhdf5 walks an HDF5 file.
  /// - Throws: ``StorageError``, ``ModelError``, or ``CheckpointError`` for a file that cannot be read or
  ///   has no record.
  public init(_ path: FilePath, hdf5 access: HDF5Access = .inProcess) throws {
    let model = try Model(path, hdf5: access)
    // A GGUF file may hold floats of several types for one.
    let fallback =
      model.isGGUF ? QuantizationRecord(gguf: model.shards.flatMap(\.checkpoint.tensors)) : nil
    guard let record = try model.quantizationRecord() ?? fallback else {
      throw CheckpointError(path: path, reason: RecordError.missing)
    }
    try self.init(model, record, access)
  }

  /// A model whose files tell that it is quantized, whatever a record says; nil for another, and for a GGUF file,
  /// whose blocks are copied.
  init?(recognizing model: Model) throws {
    let record: QuantizationRecord?
    do { record = try QuantizationRecord(recognizing: model) } catch {
      throw CheckpointError(path: model.path, reason: error)
    }
    guard let record, !model.isGGUF else { return nil }
    try self.init(model, record, .inProcess)
  }

  private init(_ model: Model, _ record: QuantizationRecord, _ access: HDF5Access) throws {
    self.model = model
    self.record = record
    do {
      guard let layout = Layouts.readable(record.layout, isPacked: record.isPacked) else {
        throw RecordError.unknownLayout(record.layout)
      }
      self.layout = layout
      entries = try record.tensors.map { tensor in try layout.entries(ofRecorded: tensor) }
    } catch {
      throw CheckpointError(path: model.path, reason: error)
    }
    buffers = try Self.buffers(of: model, entries, access)
    let files = model.shards.map(\.checkpoint) + (buffers.map { [$0] } ?? [])
    stored = Dictionary(
      files.flatMap { checkpoint in
        checkpoint.tensors.map {
          ($0.name, StoredTensor(file: checkpoint.data, descriptor: $0))
        }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The file of buffers beside a lone file, where it needs one.
  private static func buffers(
    of model: Model, _ entries: [[OutputEntry]], _ access: HDF5Access
  ) throws -> Checkpoint? {
    guard model.directory == nil, let main = model.shards.first?.checkpoint else { return nil }
    // Without a need for it, a file of that name is somebody else's.
    let names = Set(main.tensors.map(\.name))
    let path = main.path.inserting(suffix: "buffers")
    guard entries.first?.allSatisfy({ names.contains($0.name) }) == false,
      (try? FileIdentity(at: path)) != nil
    else { return nil }
    let checkpoint = try Checkpoint(path, hdf5: access)
    guard checkpoint.record == main.record else {
      throw CheckpointError(path: path, reason: RecordError.foreignBuffers)
    }
    return checkpoint
  }

  /// All checkpoint files.
  public var files: [Checkpoint] { model.shards.map(\.checkpoint) + (buffers.map { [$0] } ?? []) }

  /// A tensor of any of the files.
  func tensor(_ name: TensorName) -> StoredTensor? { stored[name] }

  /// The stored tensor of an entry.
  ///
  /// - Throws: ``CheckpointError`` when it is missing, or has another type or shape.
  func stored(_ entry: OutputEntry) throws -> StoredTensor {
    guard let tensor = stored[entry.name] else {
      throw CheckpointError(path: model.path, reason: RecordError.missingEntry(entry.name))
    }
    guard tensor.descriptor.dtype == entry.dtype, tensor.descriptor.shape == entry.shape,
      tensor.descriptor.blockType == entry.blockType
    else {
      throw CheckpointError(path: model.path, reason: RecordError.mismatchedEntry(entry.name))
    }
    return tensor
  }

  /// The scale of a tensor's scales.
  ///
  /// - Throws: ``CheckpointError`` where it is not a positive number.
  func globalScale(_ tensor: StoredTensor) throws -> Float {
    let scale = unsafe try tensor.bytes(0..<4).withUnsafeBytes { bytes in
      unsafe Float(DType.float32.value(at: 0, in: bytes))
    }
    guard scale > 0, scale.isFinite else {
      throw CheckpointError(
        path: model.path, reason: RecordError.unusableScale(tensor.descriptor.name))
    }
    return scale
  }
}

extension Checkpoint {
  /// The text of the record.
  fileprivate var record: String? {
    entries.first { $0.name == QuantizationRecord.metadataName }?.value
  }
}

extension OutputLayout {
  /// The entries for a recorded tensor.
  fileprivate func entries(
    ofRecorded tensor: QuantizationRecord.Tensor
  ) throws -> [OutputEntry] {
    let block = try tensor.spec.granularity.blockShape(
      for: tensor.view, isRagged: allowsRaggedBlocks)
    let quantized = QuantizedTensor(
      name: tensor.name, precision: tensor.precision, shape: tensor.shape, view: tensor.view,
      spec: tensor.spec, grid: zip(tensor.view, block).map { ($0 + $1 - 1) / $1 }, layer: nil)
    guard let entries = tensor.entries else {
      guard !recordsEntries else { throw RecordError.malformed }
      return try entries(for: quantized)
    }
    let packing = packing(of: tensor.spec)
    let zeros = zeroPointPacking(of: tensor.spec)
    for entry in entries where !entry.content.isConstant {
      guard entry.fits(quantized, packing, zeros) else {
        throw RecordError.mismatchedEntry(entry.name)
      }
    }
    return entries
  }
}
