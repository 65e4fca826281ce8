import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file of known size that appears under its name complete or not at all.
///
/// The bytes go to a temporary file beside the output, its space reserved beforehand, at any offset and
/// from any thread. ``commit()`` makes them durable and renames; without it the temporary file goes.
/// An output that is a link is written through to what the link leads to; a file that is replaced
/// passes its mode on, a new one gets what the umask leaves of 0666.
final class OutputFile: Sendable {
  /// The path that was asked for.
  let path: FilePath
  private let destination: FilePath
  private let temporary: TemporaryFile
  private let replaced: FileIdentity?
  private let isDurable: Bool
  /// From 512 KiB on, Linux looks for pages that lie together in memory, which often takes far longer than the
  /// copy.
  static let largestWrite = 120 * Page.byteCount

  /// Creates the temporary file and reserves `byteCount` bytes. Only with `overwrite` may a file of that
  /// name exist; with `isDurable`, ``commit()`` waits until the bytes are on the disk. To look for what runs that died
  /// have left takes a look at all names of the directory; a directory of our own has no need of it.
  init(
    _ path: FilePath, byteCount: Int, overwrite: Bool, isDurable: Bool,
    clearsLeftovers: Bool = true
  ) throws(StorageError) {
    self.path = path
    self.isDurable = isDurable
    destination = path.withoutLinks ?? path
    replaced = try Self.existing(path, destination)
    guard replaced == nil || overwrite else { throw .outputExists(path) }
    do throws(Errno) {
      temporary = try TemporaryFile(for: destination, clearsLeftovers: clearsLeftovers)
    } catch {
      throw .cannotCreate(path, error)
    }
    do throws(Errno) {
      try temporary.descriptor.reserve(byteCount)
      if let replaced {
        guard fchmod(temporary.descriptor.rawValue, replaced.mode & 0o7777) == 0 else {
          throw Errno(rawValue: errno)
        }
      }
    } catch {
      discard()
      if error == .noSpace || error == .fileTooLarge {
        throw .noSpace(path, needed: byteCount, error)
      }
      throw .cannotWrite(path, error)
    }
  }

  /// Writes bytes at an offset within the reserved size.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    do {
      for piece in (0..<bytes.count).chunks(of: Self.largestWrite) {
        _ = unsafe try temporary.descriptor.writeAll(
          toAbsoluteOffset: Int64(offset + piece.lowerBound),
          UnsafeRawBufferPointer(rebasing: bytes[piece]))
      }
    } catch {
      throw .cannotWrite(path, error as? Errno ?? .ioError)
    }
  }

  /// The checksum of bytes that have been written.
  func checksum(of range: Range<Int>) throws(StorageError) -> Checksum {
    var checksum = Checksum()
    let buffer = Scratch<UInt8>()
    var offset = range.lowerBound
    while offset < range.upperBound {
      let bytes = unsafe UnsafeMutableRawBufferPointer(
        buffer.reserve(min(1 << 20, range.upperBound - offset)))
      do {
        let count = unsafe try temporary.descriptor.read(
          fromAbsoluteOffset: Int64(offset), into: bytes)
        guard count > 0 else { throw Errno.ioError }
        unsafe checksum.add(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        offset += count
      } catch {
        throw .cannotRead(path, error as? Errno ?? .ioError)
      }
    }
    return checksum
  }

  /// Lets somebody write to the temporary file by its path, whatever the mode it is going to have.
  func extend(_ body: (FilePath) throws -> Void) throws {
    let mode: mode_t
    do throws(Errno) {
      mode = try FileIdentity(of: temporary.descriptor).mode & 0o7777
      try temporary.descriptor.setMode(mode | 0o600)
    } catch {
      throw StorageError.cannotWrite(path, error)
    }
    try body(temporary.path)
    do throws(Errno) {
      try temporary.descriptor.setMode(mode)
    } catch {
      throw StorageError.cannotWrite(path, error)
    }
  }

  /// Takes over the permissions of another file, as far as the umask leaves them; the owner may always
  /// read and write.
  func adoptMode(of source: FileIdentity) throws(StorageError) {
    do throws(Errno) {
      let own = try FileIdentity(of: temporary.descriptor).mode & 0o666
      // A new file may be executed by nobody; whom the umask lets read, it lets execute.
      let mode = (own | own >> 2 & 0o111) & source.mode | 0o600
      guard fchmod(temporary.descriptor.rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      throw .cannotWrite(path, error)
    }
  }

  /// Waits until the bytes are on the disk, where that is wanted.
  func synchronize() throws(StorageError) {
    guard isDurable else { return }
    do throws(Errno) {
      try temporary.descriptor.synchronize()
    } catch {
      throw .cannotWrite(path, error)
    }
  }

  /// Gives the file its name, after ``synchronize()``.
  func commit() throws(StorageError) {
    do throws(Errno) {
      let result = unsafe temporary.path.withPlatformString { from in
        unsafe destination.withPlatformString { to in
          replaced == nil ? unsafe renameWithoutReplacing(from, to) : unsafe rename(from, to)
        }
      }
      guard result == 0 else { throw Errno(rawValue: errno) }
      if isDurable { try destination.parent.synchronizeDirectory() }
    } catch {
      if error == .fileExists { throw .outputExists(path) }
      throw .cannotWrite(path, error)
    }
  }

  /// Removes the temporary file; after ``commit()`` there is none.
  func discard() {
    temporary.remove()
  }

  deinit {
    try? temporary.descriptor.close()
  }

  /// Demands that a file can be written there, as far as that can be told without writing: no input is
  /// replaced, and nothing else without `overwrite`.
  static func check(
    _ path: FilePath, inputs: [InputFile], overwrite: Bool
  ) throws(StorageError) {
    let replaced = try existing(path, path.withoutLinks ?? path)
    for input in inputs where replaced?.isSameFile(as: input.identity) == true {
      throw .outputIsInput(output: path, input: input.path)
    }
    guard replaced == nil || overwrite else { throw .outputExists(path) }
  }

  /// The file that would be replaced, if any.
  private static func existing(
    _ path: FilePath, _ destination: FilePath
  ) throws(StorageError) -> FileIdentity? {
    let existing: FileIdentity?
    do throws(Errno) {
      existing = try FileIdentity(at: destination)
    } catch {
      throw .cannotCreate(path, error)
    }
    guard existing?.isRegularFile ?? !FileIdentity.isLink(destination) else {
      throw .outputIsNotAFile(path)
    }
    return existing
  }

  /// Removes the file that this one replaces, so that it cannot be taken for part of the new output.
  func removeReplaced() {
    guard replaced != nil else { return }
    _ = unsafe destination.withPlatformString { path in unsafe unlink(path) }
  }
}

extension FileDescriptor {
  fileprivate func setMode(_ mode: mode_t) throws(Errno) {
    guard fchmod(rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
  }

  /// Makes the file `byteCount` bytes long and its space certain, where the file system can.
  fileprivate func reserve(_ byteCount: Int) throws(Errno) {
    guard byteCount > 0 else { return }
    #if canImport(Darwin)
    var request = fstore_t(
      fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
      fst_length: off_t(byteCount), fst_bytesalloc: 0)
    // File systems without preallocation still get the size; a full disk then shows on writing.
    if unsafe fcntl(rawValue, F_PREALLOCATE, &request) != 0, errno == ENOSPC { throw .noSpace }
    guard ftruncate(rawValue, off_t(byteCount)) == 0 else { throw Errno(rawValue: errno) }
    #else
    var code = posix_fallocate(rawValue, 0, off_t(byteCount))
    while code == EINTR { code = posix_fallocate(rawValue, 0, off_t(byteCount)) }
    // Not every file system and C library can; a full disk then shows on writing.
    if code == EOPNOTSUPP || code == EINVAL {
      code = ftruncate(rawValue, off_t(byteCount)) == 0 ? 0 : errno
    }
    guard code == 0 else { throw Errno(rawValue: code) }
    #endif
  }
}

/// Renames, and fails where something has the new name already.
private func renameWithoutReplacing(
  _ from: UnsafePointer<CChar>, _ to: UnsafePointer<CChar>
) -> Int32 {
  if unsafe link(from, to) == 0 {
    // The output is there; a second name that stays is a leftover like others.
    _ = unsafe unlink(from)
    return 0
  }
  // Not every file system has hard links; there the check at the start has to do.
  return errno == EEXIST ? -1 : unsafe rename(from, to)
}
