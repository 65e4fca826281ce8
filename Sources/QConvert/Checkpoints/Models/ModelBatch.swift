public import SystemPackage

/// The models in a directory that holds each in a directory of its own.
public struct ModelBatch: Sendable {
  /// The directory of directories.
  public let path: FilePath
  /// The directories of the models, in the order of the bytes of their names.
  public let models: [FilePath]
  /// The directories of models that this library has quantized, in the order of the bytes of their names.
  public let quantized: [FilePath]
  /// The names of what else is there and not hidden: files, links, directories without a model.
  public let others: [String]

  /// Looks for models one level below a directory; nil where there are none, or where the directory is
  /// itself that of a model, or no directory.
  ///
  /// - Throws: ``StorageError``, ``DirectoryError``.
  public init?(_ path: FilePath) throws {
    guard try FileIdentity(existing: path).isDirectory,
      try !ModelDirectory.isModel(path)
    else { return nil }
    var models: [FilePath] = []
    var quantized: [FilePath] = []
    var others: [String] = []
    let listing = try DirectoryListing(path, limit: ModelDirectory.entryLimit)
    for entry in listing.entries where !entry.name.hasPrefix(".") {
      let directory = path.appending(entry.name)
      if entry.identity.isDirectory, Self.isModel(directory) {
        if ModelDirectory.isQuantized(directory) {
          quantized.append(directory)
        } else {
          models.append(directory)
        }
      } else {
        others.append(entry.name)
      }
    }
    guard !models.isEmpty || !quantized.isEmpty else { return nil }
    self.path = path
    self.models = models
    self.quantized = quantized
    self.others = others
  }

  private static func isModel(_ directory: FilePath) -> Bool {
    do {
      // One whose weights are missing is a model, too, and an error.
      return try ModelDirectory.isModel(directory) || ModelDirectory.hasConfiguration(directory)
    } catch {
      // One that is not listed in full may be a model, which says why when it is opened.
      return error is DirectoryError
    }
  }
}
