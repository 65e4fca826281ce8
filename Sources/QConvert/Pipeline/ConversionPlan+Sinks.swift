import SystemPackage

extension ConversionPlan {
  /// Whether the output is a directory.
  var isDirectory: Bool { files.contains { $0.role.isShard } }

  /// Whether the size of the output is not known before it is written.
  var hasChunks: Bool { files.contains { $0.chunkByteLimit > 0 } }

  /// Where the output goes: a file or two, or a directory.
  func sink(
    of model: Model, to output: FilePath, overwrite: Bool, isDurable: Bool, resumes: Bool
  ) throws -> any OutputSink {
    if isDirectory {
      return try DirectorySink(
        self, of: model, to: output, overwrite: overwrite, isDurable: isDurable, resumes: resumes)
    }
    let sink = try FileSink(
      self, to: output, inputs: model.files, overwrite: overwrite, isDurable: isDurable)
    return hasChunks ? try ChunkSink(self, into: sink, at: output) : sink
  }

  /// Demands that the output can be written, as far as that can be told without writing.
  func checkDestination(_ output: FilePath, of model: Model, overwrite: Bool) throws {
    if isDirectory {
      try StagingDirectory.check(
        output, inputs: model.places, overwrite: overwrite, rewritten: fileNames(of: model))
    } else {
      for file in files {
        try OutputFile.check(file.path(for: output), inputs: model.files, overwrite: overwrite)
      }
    }
    try FreeSpace.check(
      for: output,
      needed: files.reduce(0) { $0 + $1.reservedByteCount }
        + sidecars(of: model).reduce(0) { $0 + $1.byteCount })
  }
}
