public import SystemPackage

/// Where libhdf5 runs while it walks a file.
///
/// Broken and hostile files crash the library or keep it busy for ever. In a process of its own, bounded in
/// memory and time, that ends with an error.
public enum HDF5Access: Hashable, Sendable {
  /// In another process: the executable is qconvert, or a program that begins with ``serve(_:)``.
  case isolated(executable: FilePath)
  /// In this process: for files that are trusted.
  case inProcess

  /// The first argument of a process that walks a file; the second is the path.
  public static let argument = "index-hdf5"

  /// Does the work of ``isolated(executable:)`` where that is what the process was started for.
  ///
  /// - Parameter arguments: The arguments of the process, its name first.
  /// - Returns: The status to exit with; nil where the process was started for something else.
  public static func serve(_ arguments: [String]) -> Int32? {
    guard arguments.count == 3, arguments[1] == argument else { return nil }
    return HDF5Service.run(FilePath(arguments[2]))
  }
}

extension HDF5Index {
  /// Walks a file and checks what is in it.
  ///
  /// - Throws: ``HDF5Error`` or ``StorageError``.
  init(of file: InputFile, access: HDF5Access) throws {
    try Self.checkSignature(of: file)
    switch access {
    case .inProcess:
      self = try HDF5Index(
        parsing: HDF5Indexer.message(of: file.ownPath), fileByteCount: file.byteCount,
        identity: file.identity)
    case .isolated(let executable):
      self = try HDF5Index(
        parsing: HDF5Process.message(of: file, by: executable), fileByteCount: file.byteCount,
        identity: file.identity)
    }
    try checkHeaders(in: file)
  }

  /// Looks at every header for what libhdf5 passes over.
  private func checkHeaders(in file: InputFile) throws {
    guard let file = try HDF5RawFile(file, userBlock: userBlock) else {
      throw HDF5Error.headerMalformed("")
    }
    for group in groups where try HDF5ObjectHeader(at: group.address, in: file) == nil {
      throw HDF5Error.headerMalformed(group.path)
    }
    for dataset in datasets {
      guard let header = try HDF5ObjectHeader(at: dataset.address, in: file) else {
        throw HDF5Error.headerMalformed(dataset.path)
      }
      if let stored = header.chunkElementSize, let needed = dataset.type.byteCount,
        stored != needed
      {
        throw HDF5Error.chunkElementSize(dataset.path, needed: needed, stored: stored)
      }
    }
  }

  /// Whether a file has the signature at the start or, after a user block, at 512, 1024 and so on.
  static func hasSignature(_ file: InputFile) throws(StorageError) -> Bool {
    let signature = [0x89] + Array("HDF\r\n\u{1a}\n".utf8)
    var offset = 0
    while offset + signature.count <= file.byteCount {
      if try file.bytes(offset..<offset + signature.count) == signature { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  private static func checkSignature(of file: InputFile) throws {
    if try hasSignature(file) { return }
    let start = try file.bytes(0..<min(file.byteCount, 256))
    throw HDF5Error.notHDF5(ForeignFormat(start: start))
  }
}
