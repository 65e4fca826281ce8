import SystemPackage

extension StagingDirectory {
  /// A whole output on its way in or out.
  private var replaced: FilePath { directory.appending("replaced") }
  /// What is being deleted.
  private var removed: FilePath { directory.appending("removed") }

  /// Gives the contents the name of the output, and removes the staging directory.
  ///
  /// The files are the caller's business: they are finished and, where that is wanted, on the disk. A
  /// directory that is replaced passes its mode on. After an error the work is still there.
  func commit() throws(StorageError) {
    do {
      let old = try FileIdentity(at: destination)
      let tree = try DirectoryTree(contents)
      // A directory can be moved only by who may write to it.
      if let old { try tree.setMode(old.mode & 0o7777 | 0o700) }
      if isDurable { try tree.synchronize() }
      try publish()
      if let old { try tree.setMode(old.mode & 0o7777) }
      if isDurable { try destination.parent.synchronizeDirectory() }
    } catch {
      throw error as? StorageError ?? .cannotWrite(output, error as? Errno ?? .ioError)
    }
    try? replaced.rename(to: removed)
    try? DirectoryTree.remove(removed)
    removeDirectory()
  }

  private func publish() throws(StorageError) {
    do throws(Errno) {
      // Nothing and an empty directory give way; everything else makes this fail.
      return try contents.rename(to: destination)
    } catch {
      switch error {
      case .directoryNotEmpty, .fileExists: break
      case .notDirectory: throw .outputIsNotADirectory(output)
      default: throw .cannotCreate(output, error)
      }
    }
    // It need not be what it was when the work began.
    try Self.check(destination, inputs: [], overwrite: overwrite)
    do throws(Errno) {
      if (try? replaceByExchange()) == nil { try replaceInTwoSteps() }
    } catch {
      throw .cannotCreate(output, error)
    }
  }

  /// Replaces the destination so that it is never missing.
  func replaceByExchange() throws(Errno) {
    try contents.rename(to: replaced)
    do throws(Errno) {
      try replaced.exchange(with: destination)
    } catch {
      try replaced.rename(to: contents)
      throw error
    }
  }

  /// Replaces the destination where two directories cannot be exchanged.
  func replaceInTwoSteps() throws(Errno) {
    try destination.rename(to: replaced)
    do throws(Errno) {
      try contents.rename(to: destination)
    } catch {
      try replaced.rename(to: destination)
      throw error
    }
  }

  /// Puts an output back that a run moved aside, and removes one that has its successor.
  func restoreReplaced() throws(Errno) {
    do throws(Errno) {
      try replaced.rename(to: destination)
      if isDurable { try destination.parent.synchronizeDirectory() }
    } catch {
      switch error {
      case .noSuchFileOrDirectory: break
      // Another kind of file is in its place: not ours to judge.
      case .notDirectory: return
      case .directoryNotEmpty, .fileExists:
        try DirectoryTree.remove(removed)
        try replaced.rename(to: removed)
      default: throw error
      }
    }
    try DirectoryTree.remove(removed)
  }

  /// Removes what is left of a run that died between its last rename and its end. Work on another
  /// output of the same name stays.
  static func removeRemains(of output: FilePath) {
    guard let directory = try? path(for: output, output.withoutLinks ?? output),
      directory.isOccupied, !directory.appending("contents").isOccupied
    else { return }
    (try? StagingDirectory(for: output, overwrite: true, isDurable: false))?.discard()
  }

  /// Where an output is that a run which died has moved aside, if it did.
  static func moved(from directory: FilePath) -> FilePath? {
    let replaced = directory.appending("replaced")
    return replaced.isOccupied ? replaced : nil
  }
}
