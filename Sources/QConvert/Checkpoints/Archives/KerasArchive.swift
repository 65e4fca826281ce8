import SystemPackage

/// A model of Keras 3 in a zip archive. Nothing is ever unpacked by its name, and nothing in it is run.
///
///     metadata.json        the version of Keras, the date
///     config.json          the layers
///     model.weights.h5     the variables
///     assets/...           what layers keep in files, vocabularies for instance
struct KerasArchive: Sendable {
  static let weightsName: TensorName = "model.weights.h5"
  static let configName: TensorName = "config.json"
  static let metadataName: TensorName = "metadata.json"
  /// The largest `config.json` or `metadata.json` that is read; real ones have a few kilobytes, or
  /// megabytes.
  private static let textLimit = 64 << 20

  /// The archive itself.
  let file: InputFile
  /// The bytes of `config.json`; any are allowed.
  let config: [UInt8]
  /// The bytes of `metadata.json`; nil where there is none.
  let metadata: [UInt8]?
  /// What is in `assets`.
  let assets: [ArchiveEntry]
  /// What is unusual about the archive and yet allowed.
  let warnings: [String]
  private let weightsEntry: ArchiveEntry

  /// Whether a file begins like a zip archive, and not like a safetensors file with an odd length.
  static func hasSignature(_ file: InputFile) throws(StorageError) -> Bool {
    let start = try file.bytes(0..<min(file.byteCount, 9))
    return ForeignFormat(start: start) == .zip && start.last != UInt8(ascii: "{")
  }

  /// Opens an archive and checks what its directory says.
  ///
  /// - Throws: `ForeignFormat.zip` for an archive that is not from Keras, ``ArchiveError``.
  init(_ file: InputFile) throws {
    let reader = try Self.open(file)
    let entries = try reader.entries()
    var byName: [TensorName: ArchiveEntry] = [:]
    for entry in entries {
      guard byName.updateValue(entry, forKey: entry.name) == nil else {
        throw ArchiveError.duplicateName(entry.name)
      }
    }
    guard byName[Self.configName] != nil || byName[Self.weightsName] != nil else {
      throw ForeignFormat.zip
    }
    guard let weights = byName[Self.weightsName] else {
      // Other archives have a configuration, too.
      guard byName[Self.metadataName] != nil else { throw ForeignFormat.zip }
      throw ArchiveError.missing(Self.weightsName)
    }
    guard let config = byName[Self.configName] else { throw ArchiveError.missing(Self.configName) }
    try Self.checkOverlap(entries, in: file)
    try weights.check()
    self.file = file
    self.config = try Self.text(config, reader)
    metadata = try byName[Self.metadataName].map { try Self.text($0, reader) }
    weightsEntry = weights
    assets = entries.filter(\.isAsset)
    warnings = Self.warnings(of: entries)
  }

  private static func open(_ file: InputFile) throws -> ZipReader {
    do throws(ArchiveError) {
      return try ZipReader(file)
    } catch {
      // Of a damaged archive only the name tells that it was one of Keras.
      throw file.path.extension?.lowercased() == "keras" ? error as any Error : ForeignFormat.zip
    }
  }

  /// Unpacks the variables into a temporary file without a name.
  ///
  /// - Throws: ``ArchiveError``, ``StorageError`` where there is no room for it.
  func weights() throws -> InputFile {
    let directory = FilePath.temporaryDirectory
    let byteCount = Int(clamping: weightsEntry.byteCount)
    try FreeSpace.check(for: directory, needed: byteCount)
    do {
      let unpacked = try SparseFile(in: directory)
      unpacked.removeName()
      unsafe try ZipReader(file).read(weightsEntry) { bytes in unsafe try unpacked.append(bytes) }
      return try unpacked.input(calledAs: file.path.appending(Self.weightsName.string))
    } catch let error as Errno {
      throw StorageError.noSpace(directory, needed: byteCount, error)
    }
  }

  /// Demands that all assets can go to another archive.
  func checkAssets() throws(ArchiveError) {
    for asset in assets {
      try asset.checkName()
      try asset.check()
    }
  }

  /// Reads an asset from its first byte to its last, in pieces.
  func read(_ asset: ArchiveEntry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    unsafe try ZipReader(file).read(asset, body)
  }

  /// Entries that share bytes would make many of few.
  private static func checkOverlap(
    _ entries: [ArchiveEntry], in file: InputFile
  ) throws(ArchiveError) {
    var rest = UInt64(file.byteCount)
    for entry in entries {
      guard entry.storedByteCount <= rest else { throw .overlap }
      rest -= entry.storedByteCount
    }
  }

  private static func text(_ entry: ArchiveEntry, _ reader: borrowing ZipReader) throws -> [UInt8] {
    guard entry.byteCount <= textLimit else {
      throw ArchiveError.tooLarge(
        entry.name, byteCount: Int(clamping: entry.byteCount), limit: textLimit)
    }
    var text: [UInt8] = []
    unsafe try reader.read(entry) { bytes in unsafe text.append(contentsOf: bytes) }
    return text
  }

  private static func warnings(of entries: [ArchiveEntry]) -> [String] {
    let known: Set = [weightsName, configName, metadataName]
    let flawed = entries.filter { !$0.isDirectory && ShardNameFlaw(in: $0.name.string) != nil }
    let others = entries.filter {
      !$0.isDirectory && !$0.isAsset && !known.contains($0.name) && !flawed.contains($0)
    }
    return [
      (flawed, "has a name that leads out of the archive; it is never unpacked"),
      (others, "is nothing that Keras puts into archives, left out"),
    ].compactMap { entries, what in
      guard let first = entries.first else { return nil }
      let more = entries.count > 1 ? " (and \(entries.count - 1) more)" : ""
      return "\(first.name) in the archive \(what)\(more)"
    }
  }
}
