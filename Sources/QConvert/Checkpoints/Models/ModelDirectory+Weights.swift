import SystemPackage

extension ModelDirectory {
  /// Where the weights of a directory are.
  enum Weights: Sendable {
    case file(String)
    case index(String, ShardIndex)
  }

  /// Finds the weights: by `model.safetensors.index.json`, else by the only index; else the file
  /// `model.safetensors`, else the only safetensors file.
  ///
  /// - Throws: ``ModelError`` where there are none, or several to choose from.
  func weights() throws -> Weights {
    let names = try Self.fileNames(in: path)
    let indexes = names.filter { $0.hasSuffix(Self.indexSuffix) }
    if let name = indexes.first(where: { $0 == "model" + Self.indexSuffix }) ?? indexes.first {
      guard indexes.count == 1 || name == "model" + Self.indexSuffix else {
        throw ModelError.severalIndexes(path, indexes)
      }
      return .index(name, try ShardIndex(open(name)))
    }
    let files = names.filter { $0.hasSuffix(Self.fileSuffix) }
    if let name = files.first(where: { $0 == "model" + Self.fileSuffix }) { return .file(name) }
    guard let name = files.first else {
      throw ModelError.noWeights(path, foreign: names.filter { FileRole(file: $0) == .weights })
    }
    guard files.count == 1 else { throw ModelError.severalFiles(path, files) }
    return .file(name)
  }

  /// Whether a directory holds weights that a model can be made of.
  static func isModel(_ path: FilePath) throws -> Bool {
    try fileNames(in: path).contains {
      $0.hasSuffix(fileSuffix) || $0.hasSuffix(indexSuffix)
    }
  }

  /// Whether a directory has the configuration of a model.
  static func hasConfiguration(_ path: FilePath) throws -> Bool {
    try fileNames(in: path).contains("config.json")
  }

  /// Whether this library has written a safetensors file of the directory; what cannot be read is for
  /// whoever opens it to report.
  static func isQuantized(_ path: FilePath) -> Bool {
    let files = (try? fileNames(in: path))?.filter { $0.hasSuffix(fileSuffix) } ?? []
    return files.contains { name in
      // Whatever it is called, an HDF5 file is not for this process to walk.
      guard let file = try? InputFile(path.appending(name)),
        (try? HDF5Index.hasSignature(file)) == false,
        (try? KerasArchive.hasSignature(file)) == false
      else { return false }
      return (try? Checkpoint(path.appending(name)).quantizationRecord()) != nil
    }
  }

  private static let fileSuffix = ".safetensors"
  private static let indexSuffix = ".safetensors.index.json"

  /// The names of what is neither hidden nor a directory.
  private static func fileNames(in path: FilePath) throws -> [String] {
    try DirectoryListing(path, limit: entryLimit).entries
      .filter { !$0.identity.isDirectory && !$0.name.hasPrefix(".") }.map(\.name)
  }
}
