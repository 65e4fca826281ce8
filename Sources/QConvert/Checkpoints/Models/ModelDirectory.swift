import SystemPackage

/// A directory with the files of a model, and how far links in it may lead: to files of the directory,
/// and in a cache of the Hugging Face hub to those of the repository's `blobs`.
///
///     models--NAME/blobs/HASH                          a file's contents
///     models--NAME/snapshots/REVISION/config.json      a link to them
struct ModelDirectory: Sendable {
  /// The deepest level of directories that is looked into.
  static let depthLimit = 32
  /// The most files and directories that are looked at.
  static let entryLimit = 100_000

  let path: FilePath
  /// Where links may lead, itself without links.
  private let roots: [FilePath]

  init(_ path: FilePath) throws(StorageError) {
    self.path = path
    do throws(Errno) {
      let root = try path.resolvingLinks()
      roots = [root] + [Self.blobs(of: root)].compactMap(\.self)
    } catch {
      throw .cannotOpen(path, error)
    }
  }

  /// What a name leads to; nil where there is nothing.
  ///
  /// - Throws: ``ModelError`` for a link that leads out of the directory or to nothing,
  ///   ``StorageError``.
  func identity(of name: String) throws -> FileIdentity? {
    let file = path.appending(name)
    let target: FilePath
    let identity: FileIdentity?
    do throws(Errno) {
      target = try file.resolvingLinks()
      identity = try FileIdentity(at: target, followsLinks: false)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw StorageError.cannotOpen(file, error) }
      if FileIdentity.isLink(file) { throw ModelError.danglingLink(path, link: name) }
      return nil
    }
    guard roots.contains(where: { target.starts(with: $0) }) else {
      throw ModelError.linkOutside(path, link: name, target: target)
    }
    return identity
  }

  /// Opens a file to which ``identity(of:)`` lets a name lead.
  func open(_ name: String) throws -> InputFile {
    let file = path.appending(name)
    guard let identity = try identity(of: name) else {
      throw StorageError.cannotOpen(file, .noSuchFileOrDirectory)
    }
    let input = try InputFile(file)
    try check(input, identity)
    return input
  }

  /// Opens a checkpoint file to which ``identity(of:)`` lets a name lead.
  func checkpoint(_ name: String, _ access: HDF5Access) throws -> Checkpoint {
    let file = path.appending(name)
    guard let identity = try identity(of: name) else {
      throw StorageError.cannotOpen(file, .noSuchFileOrDirectory)
    }
    let checkpoint = try Checkpoint(file, hdf5: access)
    try check(checkpoint.file, identity)
    return checkpoint
  }

  /// Demands that the file that was opened is the one that was looked at.
  private func check(_ input: InputFile, _ identity: FileIdentity) throws(StorageError) {
    guard input.identity.isSameFile(as: identity) else { throw .changedWhileReading(input.path) }
  }

  /// The `blobs` of the repository in a cache that a directory without links in its path is of.
  private static func blobs(of directory: FilePath) -> FilePath? {
    var revision = directory
    while let last = revision.removingLastComponent().lastComponent {
      if last.string == "snapshots" {
        let repository = revision.removingLastComponent().removingLastComponent()
        let blobs = repository.appending("blobs")
        let identity = try? FileIdentity(at: blobs, followsLinks: false)
        return identity?.isDirectory == true ? blobs : nil
      }
      revision = revision.removingLastComponent()
    }
    return nil
  }
}
