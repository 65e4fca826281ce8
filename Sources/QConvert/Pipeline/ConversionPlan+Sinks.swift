import SystemPackage

extension ConversionPlan {
  /// Whether the output is a directory.
  var isDirectory: Bool { files.contains { $0.role.isShard } }

  /// Where the output goes: a file or two, or a directory.
  func sink(
    of model: Model, to output: FilePath, overwrite: Bool, isDurable: Bool, resumes: Bool
  ) throws -> any OutputSink {
    if isDirectory {
      return try DirectorySink(
        self, of: model, to: output, overwrite: overwrite, isDurable: isDurable, resumes: resumes)
    }
    return try FileSink(
      self, to: output, inputs: model.files, overwrite: overwrite, isDurable: isDurable)
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
      needed: files.reduce(0) { $0 + $1.byteCount }
        + sidecars(of: model).reduce(0) { $0 + $1.byteCount })
  }
}
