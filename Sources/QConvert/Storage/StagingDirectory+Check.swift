import SystemPackage

extension StagingDirectory {
  /// Demands that a directory can be written there, as far as that can be told without writing.
  ///
  /// Nothing may be there, or an empty directory; with `overwrite` also a directory that evidently
  /// holds one model and nothing else, see ``ReplaceableDirectory``.
  ///
  /// - Parameters:
  ///   - output: The path that was asked for.
  ///   - inputs: The directories and files that are read. The output is none of them, none of the
  ///     directories they are in, and not in one of those directories itself; nor are they in its
  ///     staging directory.
  ///   - overwrite: Whether a model may be replaced.
  ///   - rewritten: The paths of the files that will be written, which may be of any kind.
  /// - Throws: The reason why not, with the system's error where it is one.
  static func check(
    _ output: FilePath, inputs: [FilePath], overwrite: Bool, rewritten: Set<TensorName> = []
  ) throws(StorageError) {
    let destination = output.withoutLinks ?? output
    let directory = try path(for: output, destination)
    do {
      let existing = try FileIdentity(at: destination)
      // What is in the staging directory goes before the work begins.
      let doomed = [existing, try FileIdentity(at: directory)].compactMap(\.self)
      try checkInputs(inputs, output, destination, doomed)
      guard existing?.isDirectory ?? !FileIdentity.isLink(destination) else {
        throw StorageError.outputIsNotADirectory(output)
      }
      try destination.parent.checkWritableDirectory()
      if let existing {
        // A place where another file system is mounted cannot be renamed.
        guard try FileIdentity(at: destination.parent)?.device == existing.device else {
          throw Errno.resourceBusy
        }
        try destination.checkWritableDirectory()
      }
      // A run that died may have moved the output aside; the next one puts it back.
      guard let place = existing == nil ? moved(from: directory) : destination else { return }
      guard try !DirectoryTree(place).names.isEmpty else { return }
      guard overwrite else { throw StorageError.outputExists(output) }
      try ReplaceableDirectory.check(place, output: output, rewritten: rewritten)
    } catch {
      throw error as? StorageError ?? .cannotCreate(output, error as? Errno ?? .ioError)
    }
  }

  private static func checkInputs(
    _ inputs: [FilePath], _ output: FilePath, _ destination: FilePath, _ doomed: [FileIdentity]
  ) throws(StorageError) {
    let parent = destination.parent.withoutLinks ?? destination.parent
    for input in inputs {
      guard let place = input.withoutLinks else { continue }
      if doomed.contains(where: place.leads(through:)) {
        throw .outputIsInput(output: output, input: input)
      }
      if let identity = try? FileIdentity(at: place), identity.isDirectory,
        parent.leads(through: identity)
      {
        throw .outputIsInput(output: output, input: input)
      }
    }
  }
}

extension FilePath {
  /// Whether the path, which has no links, or one of the directories on the way to it is this one.
  fileprivate func leads(through directory: FileIdentity) -> Bool {
    var place = self
    while true {
      if let identity = try? FileIdentity(at: place), identity.isSameFile(as: directory) {
        return true
      }
      guard place.lastComponent != nil else { return false }
      place.removeLastComponent()
    }
  }
}
