public import SystemPackage

/// A file that this library has quantized, open, with what it says of itself.
public struct QuantizedCheckpoint: Sendable {
  /// The file, and the file of its buffers where they are separate.
  public let files: [Checkpoint]
  /// What is quantized, and how.
  public let record: QuantizationRecord
  let layout: any OutputLayout
  /// The entries that the layout declares for the recorded tensors, in their order.
  let entries: [[OutputEntry]]
  private let stored: [TensorName: StoredTensor]

  /// Opens a quantized file, and `<stem>.buffers.<extension>` beside it where there is one.
  ///
  /// - Throws: ``StorageError``, or ``CheckpointError`` for a file that cannot be read or has no record.
  public init(_ path: FilePath) throws {
    let main = try Checkpoint(path)
    do {
      guard let record = try QuantizationRecord(in: main.header) else { throw RecordError.missing }
      guard let layout = Layouts.named(record.layout, isPacked: record.isPacked) else {
        throw RecordError.unknownLayout(record.layout)
      }
      self.record = record
      self.layout = layout
      entries = try record.tensors.map { tensor in try layout.entries(for: tensor) }
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
    var files = [main]
    // Without a need for it, a file of that name is somebody else's.
    let names = Set(main.tensors.map(\.name))
    let buffers = path.inserting(suffix: "buffers")
    if entries.first?.allSatisfy({ names.contains($0.name) }) == false,
      (try? FileIdentity(at: buffers)) != nil
    {
      let checkpoint = try Checkpoint(buffers)
      guard checkpoint.record == main.record else {
        throw CheckpointError(path: buffers, reason: RecordError.foreignBuffers)
      }
      files.append(checkpoint)
    }
    self.files = files
    stored = Dictionary(
      files.flatMap { checkpoint in
        checkpoint.tensors.map {
          ($0.name, StoredTensor(file: checkpoint.file, descriptor: $0))
        }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The main file.
  public var main: Checkpoint { files[0] }

  /// A tensor of either file.
  func tensor(_ name: TensorName) -> StoredTensor? { stored[name] }

  /// The stored tensor of an entry.
  ///
  /// - Throws: ``CheckpointError`` when it is missing, or has another type or shape.
  func stored(_ entry: OutputEntry) throws -> StoredTensor {
    guard let tensor = stored[entry.name] else {
      throw CheckpointError(path: main.path, reason: RecordError.missingEntry(entry.name))
    }
    guard tensor.descriptor.dtype == entry.dtype, tensor.descriptor.shape == entry.shape else {
      throw CheckpointError(path: main.path, reason: RecordError.mismatchedEntry(entry.name))
    }
    return tensor
  }
}

extension Checkpoint {
  /// The text of the record.
  fileprivate var record: String? {
    header.metadata.first { $0.name == QuantizationRecord.metadataName }?.value
  }
}

extension OutputLayout {
  /// The entries for a recorded tensor.
  fileprivate func entries(for tensor: QuantizationRecord.Tensor) throws -> [OutputEntry] {
    let block = try tensor.spec.granularity.blockShape(for: tensor.shape)
    return try entries(
      for: QuantizedTensor(
        name: tensor.name, precision: tensor.precision, shape: tensor.shape, spec: tensor.spec,
        grid: zip(tensor.shape, block).map { $0 / $1 }))
  }
}
