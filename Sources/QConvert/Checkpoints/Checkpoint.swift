public import SystemPackage

/// A checkpoint file, open: what it holds is known and checked, its tensors are not read yet.
public struct Checkpoint: Sendable {
  /// Where the file is.
  public let path: FilePath
  /// The tensors in the order of the file's header; of an HDF5 file, in that of their paths.
  public let tensors: [TensorDescriptor]
  /// The metadata in the order of the file's header: names and values; of a GGUF file in words, long arrays
  /// cut short.
  public var metadata: [(name: String, value: String)] {
    gguf?.map { ($0.key.string, "\($0.value)") } ?? entries.map { ($0.name, $0.value) }
  }
  /// What is unusual about the file and yet allowed.
  public let warnings: [String]

  /// What is taken for granted about the axes of weights that nothing tells; nil where there are none.
  public let assumption: String?

  /// The file at the path.
  let file: InputFile
  /// Where the bytes of tensors are: the file, or what was unpacked from it.
  let data: InputFile
  let entries: [MetadataEntry]
  /// The metadata of a GGUF file; nil for another.
  let gguf: [GGUFPair]?
  /// What an HDF5 file holds; nil for another.
  let hdf5: HDF5Index?
  /// The layers; nil for a file that is not from Keras.
  let keras: KerasModel?
  /// The archive that the file is, if it is one.
  let archive: KerasArchive?
  /// The datasets of an HDF5 file that are no tensors.
  let otherDatasets: [HDF5Dataset]

  /// Opens a safetensors, GGUF or HDF5 file, or an archive of Keras, and checks what it says of its tensors against
  /// its size.
  ///
  /// - Parameters:
  ///   - path: The file; its first bytes tell what it is.
  ///   - access: Where libhdf5 walks an HDF5 file.
  /// - Throws: ``StorageError``, or ``CheckpointError`` with the rule that the file breaks.
  public init(_ path: FilePath, hdf5 access: HDF5Access = .inProcess) throws {
    let file = try InputFile(path)
    var place = path
    do {
      if try KerasArchive.hasSignature(file) {
        let archive = try KerasArchive(file)
        let data = try archive.weights()
        place = data.path
        let contents = try HDF5Contents(
          HDF5Index(of: data, access: access), config: archive.config)
        self.init(file, contents, in: data, archive)
      } else if try HDF5Index.hasSignature(file) {
        try self.init(file, HDF5Contents(HDF5Index(of: file, access: access)), in: file)
      } else if try GGUFHeader.hasSignature(file) {
        try self.init(file, GGUFHeader(of: file))
      } else {
        try self.init(file, Self.readHeader(of: file))
      }
    } catch let error as StorageError {
      throw error
    } catch {
      throw CheckpointError(path: place, reason: error)
    }
  }

  private init(_ file: InputFile, _ header: SafetensorsHeader) {
    self.init(file, header.tensors, header.metadata, header.warnings)
  }

  private init(_ file: InputFile, _ header: GGUFHeader) {
    self.init(
      file, header.tensors, header.pairs.compactMap(\.entry), header.warnings, gguf: header.pairs)
  }

  private init(
    _ file: InputFile, _ tensors: [TensorDescriptor], _ entries: [MetadataEntry],
    _ warnings: [String], gguf: [GGUFPair]? = nil
  ) {
    path = file.path
    self.file = file
    data = file
    self.gguf = gguf
    hdf5 = nil
    otherDatasets = []
    keras = nil
    archive = nil
    assumption = nil
    self.tensors = tensors
    self.entries = entries
    self.warnings = warnings
  }

  private init(
    _ file: InputFile, _ contents: HDF5Contents, in data: InputFile, _ archive: KerasArchive? = nil
  ) {
    path = file.path
    self.file = file
    self.data = data
    self.archive = archive
    gguf = nil
    hdf5 = contents.index
    otherDatasets = contents.others
    keras = contents.model
    assumption = contents.assumption
    tensors = contents.tensors
    entries = contents.entries
    warnings = (archive?.warnings ?? []) + contents.warnings
  }

  /// The HDF5 file as part of a model that is in several.
  ///
  /// - Throws: ``CheckpointError`` for a file that is no HDF5 file, or that a dataset is damaged of.
  func asPart(of model: KerasModel?) throws(CheckpointError) -> Checkpoint {
    do {
      guard let hdf5, archive == nil else {
        throw HDF5Error.notHDF5(archive == nil ? nil : .zip)
      }
      return Checkpoint(file, try HDF5Contents(hdf5, model), in: data)
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
  }

  private static func readHeader(of file: InputFile) throws -> SafetensorsHeader {
    let start = try file.bytes(0..<min(file.byteCount, 256))
    guard start.count >= 8 else {
      if let format = ForeignFormat(start: start) { throw format }
      throw SafetensorsError.tooShort(byteCount: file.byteCount)
    }
    let length = start.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.lengthLimit else {
      if let format = ForeignFormat(start: start) { throw format }
      throw SafetensorsError.headerTooLong(length)
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= file.byteCount else {
      // The length may be the signature of gzip or zip; a header would follow it with a brace.
      if start.dropFirst(8).first != UInt8(ascii: "{"), let format = ForeignFormat(start: start) {
        throw format
      }
      throw SafetensorsError.headerPastEnd(length: Int(length), available: file.byteCount - 8)
    }
    return try SafetensorsHeader(
      parsing: file.bytes(8..<dataStart), dataByteCount: file.byteCount - dataStart)
  }
}

/// A name and a text that a checkpoint file holds beside its tensors.
struct MetadataEntry: Hashable, Sendable {
  let name: String
  let value: String

  /// The names of the entries by which this library knows what it has written; in an HDF5 file, which has no
  /// metadata, they are attributes of the root.
  static let ownNames: Set = [QuantizationRecord.metadataName, CalibrationState.metadataName]
}

extension Checkpoint {
  /// The size of the file in bytes.
  public var byteCount: Int { file.byteCount }

  /// What the file holds that is no tensor: datasets and what they are, in a line each.
  public var nonTensors: [String] {
    otherDatasets.map { "dataset \($0.path) is no tensor: \($0.words)" }
  }

  /// What the file says of its quantized tensors; nil when qconvert has not quantized it.
  ///
  /// - Throws: ``CheckpointError`` when what it says cannot be understood.
  public func quantizationRecord() throws -> QuantizationRecord? {
    do {
      return try QuantizationRecord(in: entries)
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
  }
}

/// Why a file is not a checkpoint that can be read.
public struct CheckpointError: Error, Sendable {
  /// The file.
  public let path: FilePath
  /// The rule it breaks: a ``SafetensorsError``, ``GGUFError``, ``HDF5Error``, ``ArchiveError``, ``JSONError``
  /// or ``ForeignFormat``.
  public let reason: any Error
}

extension CheckpointError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    reason is JSONError ? "\(path): in the header, \(reason)" : "\(path): \(reason)"
  }
}
