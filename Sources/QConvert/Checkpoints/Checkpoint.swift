public import SystemPackage

/// A checkpoint file, open: what it holds is known and checked, its tensors are not read yet.
public struct Checkpoint: Sendable {
  /// Where the file is.
  public let path: FilePath
  /// The tensors in the order of the file's header; of an HDF5 file, in that of their paths.
  public let tensors: [TensorDescriptor]
  /// The metadata in the order of the file's header: names and values.
  public var metadata: [(name: String, value: String)] {
    entries.map { ($0.name, $0.value) }
  }
  /// What is unusual about the file and yet allowed.
  public let warnings: [String]

  /// What is taken for granted about the axes of weights that nothing tells; nil where there are none.
  public let assumption: String?

  let file: InputFile
  let entries: [MetadataEntry]
  /// What an HDF5 file holds; nil for a safetensors file.
  let hdf5: HDF5Index?
  /// The datasets of an HDF5 file that are no tensors.
  let otherDatasets: [HDF5Dataset]

  /// Opens a safetensors or HDF5 file and checks what it says of its tensors against its size.
  ///
  /// - Parameters:
  ///   - path: The file; its first bytes tell what it is.
  ///   - access: Where libhdf5 walks an HDF5 file.
  /// - Throws: ``StorageError``, or ``CheckpointError`` with the rule that the file breaks.
  public init(_ path: FilePath, hdf5 access: HDF5Access = .inProcess) throws {
    self.path = path
    file = try InputFile(path)
    do {
      if try HDF5Index.hasSignature(file) {
        let index = try HDF5Index(of: file, access: access)
        let contents = try HDF5Contents(index)
        hdf5 = index
        otherDatasets = contents.others
        assumption = contents.assumption
        tensors = contents.tensors
        entries = contents.entries
        warnings = contents.warnings
      } else {
        let header = try Self.readHeader(of: file)
        hdf5 = nil
        otherDatasets = []
        assumption = nil
        tensors = header.tensors
        entries = header.metadata
        warnings = header.warnings
      }
    } catch let error as StorageError {
      throw error
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
  /// The rule it breaks: a ``SafetensorsError``, ``HDF5Error``, ``JSONError`` or ``ForeignFormat``.
  public let reason: any Error
}

extension CheckpointError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    reason is JSONError ? "\(path): in the header, \(reason)" : "\(path): \(reason)"
  }
}
