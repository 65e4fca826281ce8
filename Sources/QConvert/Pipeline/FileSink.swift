import SystemPackage

/// The files of a plan, being written.
struct FileSink: OutputSink {
  let place: FilePath
  private let files: [OutputFile]
  private let archives: [PlannedArchive?]

  /// Creates the files and writes their headers. None of the inputs may be one of them.
  init(
    _ plan: ConversionPlan, to path: FilePath, inputs: [InputFile], overwrite: Bool,
    isDurable: Bool
  ) throws {
    for file in plan.files {
      try OutputFile.check(file.path(for: path), inputs: inputs, overwrite: overwrite)
    }
    try FreeSpace.check(for: path, needed: plan.files.reduce(0) { $0 + $1.reservedByteCount })
    var files: [OutputFile] = []
    do {
      for planned in plan.files {
        let file = try OutputFile(
          planned.path(for: path), byteCount: planned.reservedByteCount,
          overwrite: overwrite, isDurable: isDurable)
        files.append(file)
        try file.write(planned.segments)
        try planned.archive?.writeAssets(to: file)
      }
    } catch {
      for file in files { file.discard() }
      throw error
    }
    self.files = files
    archives = plan.files.map(\.archive)
    place = path
  }

  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws {
    try unsafe files[entry.file].write(bytes, at: entry.bytes.lowerBound + offset)
  }

  /// Lets somebody write more to a file that is complete but for that.
  func extend(file: Int, _ body: (FilePath) throws -> Void) throws {
    try files[file].extend(body)
  }

  /// Gives the files their names once all are safe, the main one last: it stands for a complete output.
  /// Of several, an old main one goes first, so that it never stands beside new buffers.
  func commit() throws {
    for (file, archive) in zip(files, archives) {
      try archive?.seal(file)
      try file.synchronize()
    }
    if files.count > 1 { files[0].removeReplaced() }
    for file in files.reversed() { try file.commit() }
  }

  /// Files that are begun are of no use to the next run.
  let finished: Set<Int> = []

  func abandon(after error: any Error) -> any Error {
    for file in files { file.discard() }
    return error
  }
}

extension OutputFile {
  /// Writes what is known before any tensor is read.
  func write(_ segments: [FileSegment]) throws {
    for segment in segments {
      unsafe try segment.bytes.withUnsafeBytes { bytes in
        unsafe try write(bytes, at: segment.offset)
      }
    }
  }
}
