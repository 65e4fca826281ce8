public import SystemPackage

extension ConversionPlan {
  /// Gets the staging directory ready for this plan; gives the files that a run that was stopped has
  /// finished.
  ///
  /// - Throws: ``ResumeError`` where it was another conversion.
  func begin(
    in staging: StagingDirectory, _ model: Model, _ output: FilePath, resumes: Bool
  ) throws -> Set<Int> {
    let header = Journal.Header(
      version: Version.current, plan: fingerprint(model), inputs: model.journalInputs)
    guard resumes, let bytes = try staging.journalBytes else {
      try staging.startJournal(header.line)
      return []
    }
    let journal: Journal
    do { journal = try Journal(parsing: bytes) } catch {
      throw ResumeError(output: output, reason: "\(error)")
    }
    if let difference = header.difference(from: journal.header) {
      throw ResumeError(output: output, reason: difference)
    }
    var finished: Set<Int> = []
    for (index, file) in files.enumerated() {
      guard journal.finished[file.name] == file.byteCount,
        file.isStored(at: file.path(for: staging.contents))
      else { continue }
      finished.insert(index)
    }
    try staging.removeAll(except: Set(finished.map { files[$0].name }))
    return finished
  }

  /// Whether the output is what this plan gives, by the names, sizes and headers of its files, and not
  /// older than the input. Of a file in chunks, whose size nobody knows, it is the tensors, the chunks and
  /// the record that count.
  func isCarriedOut(at output: FilePath, of model: Model, hdf5 access: HDF5Access) -> Bool {
    let areStored = files.enumerated().allSatisfy { index, file in
      let path = file.path(for: output)
      return file.chunkByteLimit == 0
        ? file.isStored(at: path) : holdsEntries(ofFile: index, path, access)
    }
    guard areStored else { return false }
    let others = sidecars(of: model).map { (output.appending($0.name), $0.byteCount) }
    let isComplete = others.allSatisfy { path, byteCount in
      (try? FileIdentity(at: path))?.byteCount == byteCount
    }
    guard isComplete else { return false }
    return files.allSatisfy { file in
      guard let stored = try? FileIdentity(at: file.path(for: output)) else { return false }
      return model.files.allSatisfy { !stored.isOlder(than: $0.identity) }
    }
      && model.companions.allSatisfy { companion in
        // A lone file has none.
        guard let stored = try? FileIdentity(at: output.appending(companion.name)) else {
          return false
        }
        return !stored.isOlder(than: companion.identity)
      }
  }

  /// Whether an HDF5 file holds the entries of a file of the plan, in the same chunks.
  private func holdsEntries(
    ofFile index: Int, _ path: FilePath, _ access: HDF5Access
  ) -> Bool {
    guard let found = try? Checkpoint(path, hdf5: access), let hdf5 = found.hdf5,
      found.entries == files[index].metadata.filter({ $0.name == QuantizationRecord.metadataName })
    else { return false }
    let entries = (tensors.flatMap(\.entries) + closingEntries).filter { $0.file == index }
    guard found.tensors.count == entries.count else { return false }
    let planned = Dictionary(
      entries.map { ($0.entry.name, $0) }, uniquingKeysWith: { first, _ in first })
    let datasets = Dictionary(
      hdf5.datasets.map { (HDF5Name.decode($0.path), $0) }, uniquingKeysWith: { first, _ in first })
    return found.tensors.allSatisfy { tensor in
      guard let entry = planned[tensor.name], tensor.dtype == entry.entry.dtype,
        tensor.shape == entry.entry.shape
      else { return false }
      guard let grid = entry.grid else { return true }
      let chunking = datasets[tensor.name]?.chunking
      return chunking?.shape == grid.chunk && chunking?.steps == grid.steps
    }
  }

  /// What the bytes of the output depend on, other than those of the input.
  private func fingerprint(_ model: Model) -> String {
    var fingerprint = Fingerprint()
    for file in files {
      fingerprint.add(file.name.string)
      for segment in file.segments {
        fingerprint.add("\(segment.offset)")
        fingerprint.add(segment.bytes)
      }
    }
    if let index { fingerprint.add(index.bytes) }
    for companion in model.companions {
      fingerprint.add(companion.name)
      if let bytes = rewritten[companion.name] { fingerprint.add(bytes) }
    }
    return fingerprint.hex
  }
}

extension PlannedFile {
  /// Its name in the output.
  var name: TensorName { TensorName(path(for: "").string) }

  /// Whether a file has the size and the header of this one.
  fileprivate func isStored(at path: FilePath) -> Bool {
    guard let file = try? InputFile(path), file.byteCount == byteCount else { return false }
    return segments.allSatisfy { segment in
      let end = segment.offset + segment.bytes.count
      return (try? file.bytes(segment.offset..<end)) == segment.bytes
    }
  }
}

extension Model {
  /// The files that the output is made of, as they are now.
  fileprivate var journalInputs: [Journal.Input] {
    shards.map { shard in
      Journal.Input(TensorName(shard.name), shard.checkpoint.file.identity)
    } + companions.map { Journal.Input(TensorName($0.name), $0.identity) }
  }
}

extension Journal.Input {
  fileprivate init(_ name: TensorName, _ identity: FileIdentity) {
    self.init(name: name, byteCount: identity.byteCount, modified: identity.modified)
  }
}

/// A conversion that cannot be taken up again.
public struct ResumeError: Error, Sendable {
  /// The output.
  public let output: FilePath
  /// What is different from the run that was stopped.
  public let reason: String
}

extension ResumeError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String { "\(output): cannot resume: \(reason)" }
}
