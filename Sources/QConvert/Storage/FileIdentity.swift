import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Which file a path leads to and in what state it is, as `stat` tells.
struct FileIdentity: Sendable {
  let device: UInt64
  let inode: UInt64
  let mode: mode_t
  let byteCount: Int
  /// When the contents changed last; any date a file system can hold.
  private let modifiedSeconds: Int
  private let modifiedNanoseconds: Int

  /// The file behind an open descriptor.
  init(of descriptor: FileDescriptor) throws(Errno) {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    self.init(status)
  }

  /// The file a path leads to, or the link that stands there; nil where nothing is there.
  init?(at path: FilePath, followsLinks: Bool = true) throws(Errno) {
    var status = stat()
    let result = unsafe path.withPlatformString { path in
      followsLinks ? unsafe stat(path, &status) : unsafe lstat(path, &status)
    }
    guard result == 0 else {
      let code = Errno(rawValue: errno)
      if code == .noSuchFileOrDirectory { return nil }
      throw code
    }
    self.init(status)
  }

  /// What has a name in an open directory; a link is a link.
  init(of name: FilePath.Component, in directory: FileDescriptor) throws(Errno) {
    var status = stat()
    let result = unsafe name.withPlatformString { name in
      unsafe fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    self.init(status)
  }

  /// The file a path leads to, links followed, which is an error where nothing is there.
  init(existing path: FilePath) throws(StorageError) {
    do throws(Errno) {
      guard let identity = try FileIdentity(at: path) else { throw Errno.noSuchFileOrDirectory }
      self = identity
    } catch {
      throw .cannotOpen(path, error)
    }
  }

  /// Whether a path is a link, wherever it leads.
  static func isLink(_ path: FilePath) -> Bool {
    (try? FileIdentity(at: path, followsLinks: false))?.isLink == true
  }

  private init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
    mode = status.st_mode
    byteCount = Int(status.st_size)
    #if canImport(Darwin)
    let time = status.st_mtimespec
    #else
    let time = status.st_mtim
    #endif
    modifiedSeconds = Int(time.tv_sec)
    modifiedNanoseconds = Int(time.tv_nsec)
  }

  var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
  var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  var isLink: Bool { mode & S_IFMT == S_IFLNK }

  /// When the contents changed last, as a text to compare: seconds, a dot, nine digits.
  var modified: String {
    let digits = String(modifiedNanoseconds)
    let zeros = String(repeating: "0", count: max(9 - digits.utf8.count, 0))
    return "\(modifiedSeconds).\(zeros)\(digits)"
  }

  /// Whether the file still has the size and the contents it had; its mode does not matter.
  func hasContents(of other: FileIdentity) -> Bool {
    isSameFile(as: other) && byteCount == other.byteCount
      && modifiedSeconds == other.modifiedSeconds
      && modifiedNanoseconds == other.modifiedNanoseconds
  }

  /// Whether the contents of the file changed last before those of another did.
  func isOlder(than other: FileIdentity) -> Bool {
    (modifiedSeconds, modifiedNanoseconds) < (other.modifiedSeconds, other.modifiedNanoseconds)
  }

  /// Whether both are the same file, by whatever path.
  func isSameFile(as other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode
  }
}
