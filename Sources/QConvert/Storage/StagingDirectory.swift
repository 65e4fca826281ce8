import SystemPackage

/// The place beside an output directory where it comes into being, to appear complete or not at all.
///
/// For `PARENT/NAME` that is `PARENT/.NAME.qconvert`, of which `contents` becomes the output; `lock`
/// keeps other processes away, `journal` tells the next run what is finished. An output that is a link
/// to a directory is written through.
///
/// A run may die between any two steps. What it leaves, and what the next run makes of it:
///
/// - Before ``commit()`` the destination is as it was. A journal begins after the contents were
///   emptied and is removed before they are, so it never tells of files that are not there.
/// - Nothing or an empty directory gives way to the contents in one rename. A directory that is
///   replaced is exchanged in one step: the contents are renamed to `replaced` and `replaced` swapped
///   with the destination. Before the swap the old output is in place, after it the new one; in both
///   cases what is left in `replaced` goes.
/// - Where the file system cannot swap, the old output is renamed to `replaced` and the contents take
///   its place. In between the destination is missing, and the next run puts `replaced` back first.
/// - Thus `replaced` is always a whole output. It is renamed to `removed` before it is deleted, so
///   that no half of one is ever put back.
/// - After the contents were renamed there are none, and a journal without contents counts for nothing.
final class StagingDirectory: Sendable {
  /// The path that was asked for.
  let output: FilePath
  /// What becomes the output.
  let contents: FilePath
  let destination: FilePath
  let directory: FilePath
  let overwrite: Bool
  let isDurable: Bool
  let journal: JournalFile
  private let lock: StagingLock

  /// Takes possession of the staging directory of an output and puts what a dead run left in order.
  ///
  /// Only with `overwrite` may there be a directory with something in it, see
  /// ``check(_:inputs:overwrite:rewritten:)``; with `isDurable`, all steps wait until they are on the disk.
  init(
    for output: FilePath, overwrite: Bool, isDurable: Bool, rewritten: Set<TensorName> = []
  ) throws(StorageError) {
    self.output = output
    self.overwrite = overwrite
    self.isDurable = isDurable
    destination = output.withoutLinks ?? output
    directory = try Self.path(for: output, destination)
    contents = directory.appending("contents")
    journal = JournalFile(directory.appending("journal"), isDurable: isDurable)
    // Nothing is created for an output that cannot be.
    if !directory.isOccupied {
      try Self.check(output, inputs: [], overwrite: overwrite, rewritten: rewritten)
    }
    lock = try StagingLock(in: directory, for: output)
    do throws(StorageError) {
      try recover()
      try Self.check(output, inputs: [], overwrite: overwrite, rewritten: rewritten)
    } catch {
      // What nobody can go on with is not left.
      if !journal.exists { discard() }
      throw error
    }
  }

  deinit {
    close()
  }

  /// The journal of a run that died; nil where there is none.
  var journalBytes: [UInt8]? {
    get throws(StorageError) { try journal.bytes }
  }

  /// Begins anew: what is in ``contents`` goes.
  func startJournal(_ firstLine: [UInt8]) throws(StorageError) {
    do throws(Errno) {
      try journal.remove()
      try DirectoryTree(contents).removeAll()
    } catch {
      throw .cannotWrite(contents, error)
    }
    try journal.start(firstLine)
  }

  /// Adds a line to the journal, from any thread.
  func append(_ line: [UInt8]) throws(StorageError) {
    try journal.append(line)
  }

  /// Removes everything from ``contents`` but these files, named by their paths in it.
  func removeAll(except names: Set<TensorName>) throws(StorageError) {
    do throws(Errno) {
      try DirectoryTree(contents).removeAll(except: names)
    } catch {
      throw .cannotWrite(contents, error)
    }
  }

  /// Creates the directories in ``contents`` that a file of this path in it lies in.
  func createDirectories(for name: TensorName) throws(StorageError) {
    let path = FilePath(name.string)
    do throws(Errno) {
      guard path.isRelative, path.components.allSatisfy({ $0.kind == .regular }) else {
        throw .invalidArgument
      }
      var tree = try DirectoryTree(contents)
      for component in path.components.dropLast() {
        tree = try tree.createSubdirectory(component, isDurable: isDurable)
      }
    } catch {
      throw .cannotCreate(contents.appending(path.components), error)
    }
  }

  /// Removes the staging directory and all work in it; the destination is as it was.
  func discard() {
    // The order matters: an output that was moved aside is put back first, and the journal does not
    // outlive what it tells of.
    try? restoreReplaced()
    try? journal.remove()
    try? DirectoryTree.remove(contents)
    removeDirectory()
  }

  /// Lets go of the staging directory, which stays for a run that goes on.
  func close() {
    journal.close()
    lock.release()
  }

  /// Removes what is left once there are no contents.
  func removeDirectory() {
    try? journal.remove()
    try? directory.appending("lock").removeFile()
    // Another run may have begun; then the directory is not empty and stays.
    try? directory.removeEmptyDirectory()
    close()
  }

  private func recover() throws(StorageError) {
    do throws(Errno) {
      try restoreReplaced()
      if !contents.isOccupied {
        try journal.remove()
        try contents.createDirectory()
      }
      _ = try DirectoryTree(contents)
    } catch {
      throw .cannotCreate(directory, error)
    }
  }

  /// The name of the staging directory fits where the output's does.
  static func path(
    for output: FilePath, _ destination: FilePath
  ) throws(StorageError) -> FilePath {
    guard let name = destination.lastComponent, name.kind == .regular else {
      throw .cannotCreate(output, .invalidArgument)
    }
    var text = name.string
    if text.utf8.count > 200 {
      var fingerprint = Fingerprint()
      fingerprint.add(text)
      text = String(decoding: text.utf8.prefix(200), as: UTF8.self) + "-" + fingerprint.hex
    }
    return destination.parent.appending(".\(text).qconvert")
  }
}
