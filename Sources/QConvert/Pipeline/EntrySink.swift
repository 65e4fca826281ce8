import SystemPackage

/// Where the bytes of entries go.
protocol EntrySink: Sendable {
  /// Takes bytes of an entry, from an offset within the entry on.
  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws
}

/// The files of a plan, being written.
struct FileSink: EntrySink {
  private let files: [OutputFile]

  /// Creates the files and writes their headers. None of the inputs may be one of them.
  init(
    _ plan: ConversionPlan, to path: FilePath, inputs: [InputFile], overwrite: Bool,
    isDurable: Bool
  ) throws {
    try plan.checkDestination(path, inputs: inputs, overwrite: overwrite)
    var files: [OutputFile] = []
    do {
      for planned in plan.files {
        let file = try OutputFile(
          path.inserting(suffix: planned.suffix), byteCount: planned.byteCount,
          overwrite: overwrite, isDurable: isDurable)
        files.append(file)
        try unsafe planned.header.withUnsafeBytes { bytes in try unsafe file.write(bytes, at: 0) }
      }
    } catch {
      for file in files { file.discard() }
      throw error
    }
    self.files = files
  }

  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws {
    try unsafe files[entry.file].write(bytes, at: entry.bytes.lowerBound + offset)
  }

  /// Gives the files their names once all are safe, the main one last: it stands for a complete output.
  /// Of several, an old main one goes first, so that it never stands beside new buffers.
  func commit() throws {
    for file in files { try file.synchronize() }
    if files.count > 1 { files[0].removeReplaced() }
    for file in files.reversed() { try file.commit() }
  }

  /// Removes what has been written.
  func discard() {
    for file in files { file.discard() }
  }
}

/// The bytes of entries are dropped: only errors count.
struct NullSink: EntrySink {
  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) {}
}

extension ConversionPlan {
  /// Demands that all files can be written, as far as that can be told without writing.
  func checkDestination(_ path: FilePath, inputs: [InputFile], overwrite: Bool) throws {
    for file in files {
      try OutputFile.check(
        path.inserting(suffix: file.suffix), inputs: inputs, overwrite: overwrite)
    }
  }
}

extension FilePath {
  /// The path with a suffix before its extension: `model.int8.buffers.safetensors`.
  func inserting(suffix: String) -> FilePath {
    guard !suffix.isEmpty, let name = lastComponent else { return self }
    let file = name.stem + "." + suffix + (name.extension.map { "." + $0 } ?? "")
    return removingLastComponent().appending(file)
  }
}
