import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// An open directory with all that is below it.
///
/// Every step down opens a name of an open directory and follows no link: whatever is swapped in
/// meanwhile, nothing outside is reached. Other file systems mounted below are not entered either.
struct DirectoryTree: ~Copyable {
  private let descriptor: FileDescriptor

  /// Opens a directory; a link in the last place of the path is an error unless it is to be followed.
  init(_ path: FilePath, followsLink: Bool = false) throws(Errno) {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW)
    let path = path.isEmpty ? "." : path
    descriptor = try Self.valid(
      unsafe path.withPlatformString { path in unsafe open(path, flags) })
  }

  private init(_ name: FilePath.Component, in parent: FileDescriptor) throws(Errno) {
    descriptor = try Self.valid(
      unsafe name.withPlatformString { name in
        unsafe openat(
          parent.rawValue, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      })
  }

  deinit {
    try? descriptor.close()
  }

  private static func valid(_ descriptor: Int32) throws(Errno) -> FileDescriptor {
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: descriptor)
  }

  /// The names in the directory, in no order.
  var names: [FilePath.Component] {
    get throws(Errno) {
      try nameBytes().compactMap { bytes in
        unsafe (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { name in
          unsafe name.baseAddress.flatMap { unsafe FilePath.Component(platformString: $0) }
        }
      }
    }
  }

  /// The names in the directory as bytes, in no order; at most `limit`.
  func nameBytes(limit: Int = .max) throws(Errno) -> [[UInt8]] {
    // A descriptor of its own: the list moves its position and closes it.
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let listed = unsafe try Self.valid(openat(descriptor.rawValue, ".", flags))
    guard let directory = unsafe fdopendir(listed.rawValue),
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)
    else {
      let code = Errno(rawValue: errno)
      try? listed.close()
      throw code
    }
    defer { unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while names.count < limit {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        guard errno == 0 else { throw Errno(rawValue: errno) }
        break
      }
      // The structure may be cut short after its name, so only the name is read.
      let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
      let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
      if bytes != [0x2e], bytes != [0x2e, 0x2e] { names.append(bytes) }
    }
    return names
  }

  /// What has a name in the directory; a link is a link.
  func identity(of name: FilePath.Component) throws(Errno) -> FileIdentity {
    try FileIdentity(of: name, in: descriptor)
  }

  /// A directory in this one.
  func subdirectory(_ name: FilePath.Component) throws(Errno) -> DirectoryTree {
    try DirectoryTree(name, in: descriptor)
  }

  /// Creates a directory in this one unless it is there.
  func createSubdirectory(
    _ name: FilePath.Component, isDurable: Bool
  ) throws(Errno) -> DirectoryTree {
    let result = unsafe name.withPlatformString { unsafe mkdirat(descriptor.rawValue, $0, 0o777) }
    if result != 0, errno != EEXIST { throw Errno(rawValue: errno) }
    if result == 0, isDurable { try descriptor.synchronizeDirectory() }
    return try subdirectory(name)
  }

  /// Removes everything in the directory but the files with these names, `/` between their parts.
  ///
  /// - Returns: Whether something is left.
  @discardableResult
  func removeAll(
    except kept: Set<TensorName> = [], prefix: String = ""
  ) throws(Errno) -> Bool {
    var isAnythingLeft = false
    let device = try FileIdentity(of: descriptor).device
    for name in try names {
      let path = prefix + name.string
      let identity: FileIdentity
      do throws(Errno) {
        identity = try self.identity(of: name)
      } catch {
        // Gone in the meantime.
        guard error == .noSuchFileOrDirectory else { throw error }
        continue
      }
      if identity.isDirectory {
        guard identity.device == device else { throw .improperLink }
        let isLeft = try subdirectory(name).removeAll(except: kept, prefix: path + "/")
        if !isLeft { try unlink(name, AT_REMOVEDIR) }
        isAnythingLeft = isAnythingLeft || isLeft
      } else if identity.isRegularFile, kept.contains(TensorName(path)) {
        isAnythingLeft = true
      } else {
        try unlink(name, 0)
      }
    }
    return isAnythingLeft
  }

  private func unlink(_ name: FilePath.Component, _ flags: Int32) throws(Errno) {
    let result = unsafe name.withPlatformString { unsafe unlinkat(descriptor.rawValue, $0, flags) }
    if result != 0, errno != ENOENT { throw Errno(rawValue: errno) }
  }

  /// Makes the names in this directory and in those below it durable.
  func synchronize() throws(Errno) {
    for name in try names where try identity(of: name).isDirectory {
      try subdirectory(name).synchronize()
    }
    try descriptor.synchronizeDirectory()
  }

  /// Sets the permissions of the directory itself.
  func setMode(_ mode: mode_t) throws(Errno) {
    guard fchmod(descriptor.rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
  }

  /// Removes a directory with all that is below it; that there is none is as good.
  static func remove(_ path: FilePath) throws(Errno) {
    do throws(Errno) {
      try DirectoryTree(path).removeAll()
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
      return
    }
    try path.removeEmptyDirectory()
  }
}
