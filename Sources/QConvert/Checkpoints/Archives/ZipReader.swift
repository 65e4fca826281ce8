import CZip
import SystemPackage

/// A zip archive, open in libzip, for one thread. What it says of itself is passed on unchecked, the
/// bytes of entries have the size and the checksum that it says.
@safe
struct ZipReader: ~Copyable {
  /// More entries than any model has; their descriptions are in memory.
  static let entryLimit = 10_000
  private static let bufferByteCount = 1 << 20

  private let archive: OpaquePointer

  /// Opens an archive.
  init(_ file: InputFile) throws(ArchiveError) {
    let descriptor: FileDescriptor
    do {
      descriptor = try file.descriptor.duplicate()
    } catch {
      throw .damaged(message: "\(error)")
    }
    var code: Int32 = 0
    guard let archive = unsafe zip_fdopen(descriptor.rawValue, 0, &code) else {
      try? descriptor.close()
      throw .damaged(message: Self.message(code))
    }
    unsafe self.archive = archive
  }

  deinit {
    unsafe zip_discard(archive)
  }

  /// The entries in the order of the directory.
  func entries() throws(ArchiveError) -> [ArchiveEntry] {
    let count = Int(clamping: unsafe zip_get_num_entries(archive, 0))
    guard count <= Self.entryLimit else { throw .tooManyEntries(count) }
    var entries: [ArchiveEntry] = []
    for index in 0..<count { entries.append(try entry(index)) }
    return entries
  }

  private func entry(_ index: Int) throws(ArchiveError) -> ArchiveEntry {
    var status = unsafe zip_stat_t()
    guard let raw = unsafe zip_get_name(archive, UInt64(index), UInt32(ZIP_FL_ENC_RAW)),
      unsafe zip_stat_index(archive, UInt64(index), 0, &status) == 0
    else { throw .damaged(message: failure) }
    guard let name = unsafe String(validatingCString: raw) else {
      throw .nameNotUTF8(index: index)
    }
    let known = UInt64(
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD
        | ZIP_STAT_ENCRYPTION_METHOD)
    guard unsafe status.valid & known == known else {
      throw .damagedEntry(TensorName(name), message: "it is not described in full")
    }
    let method: ArchiveEntry.Method =
      switch unsafe Int32(status.comp_method) {
      case ZIP_CM_STORE: .stored
      case ZIP_CM_DEFLATE: .deflated
      case let other: .other(Int(other))
      }
    return unsafe ArchiveEntry(
      name: TensorName(name), index: index, byteCount: status.size,
      storedByteCount: status.comp_size, checksum: status.crc, method: method,
      isEncrypted: status.encryption_method != ZIP_EM_NONE)
  }

  /// Reads an entry from its first byte to its last, in pieces.
  ///
  /// - Throws: ``ArchiveError`` for an entry that cannot be read, or has another size or checksum than it
  ///   is said to have; what `body` throws.
  func read(_ entry: ArchiveEntry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try entry.check()
    guard let file = unsafe zip_fopen_index(archive, UInt64(entry.index), 0) else {
      throw ArchiveError.damagedEntry(entry.name, message: failure)
    }
    defer { unsafe zip_fclose(file) }
    var rest = entry.byteCount
    let buffer = Scratch<UInt8>()
    let bytes = unsafe UnsafeMutableRawBufferPointer(buffer.reserve(Self.bufferByteCount))
    while true {
      // At the end libzip compares size and checksum.
      let count = unsafe zip_fread(file, bytes.baseAddress, UInt64(bytes.count))
      guard count >= 0 else {
        let message = unsafe String(cString: zip_file_strerror(file))
        throw ArchiveError.damagedEntry(entry.name, message: message)
      }
      guard count <= rest, count > 0 || rest == 0 else {
        throw ArchiveError.damagedEntry(
          entry.name, message: "it is \(count == 0 ? "shorter" : "longer") than it says")
      }
      if count == 0 { return }
      rest -= UInt64(count)
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)]))
    }
  }

  /// What libzip says of its last failure.
  private var failure: String { unsafe String(cString: zip_strerror(archive)) }

  private static func message(_ code: Int32) -> String {
    var error = unsafe zip_error_t()
    unsafe zip_error_init_with_code(&error, code)
    defer { unsafe zip_error_fini(&error) }
    return unsafe String(cString: zip_error_strerror(&error))
  }
}
