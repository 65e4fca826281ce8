import SystemPackage

/// What is evidently the directory of one model, and may be deleted when it is replaced.
///
/// At its top are safetensors files: one, or several that a `config.json` or an index holds together.
/// All else, at any depth, is of the kinds that come with models: texts, settings, vocabularies, code,
/// pictures, and with a `config.json` the weights of parts. Hidden files, links, archives and whatever else somebody may miss are
/// reason to refuse: a home directory, a collection of models, a working copy.
enum ReplaceableDirectory {
  private static let extensions: Set<String> = [
    "bpe", "gif", "jinja", "jpeg", "jpg", "json", "jsonl", "md", "model", "png", "py", "spm", "svg",
    "tiktoken", "toml", "txt", "vocab", "webp", "yaml", "yml",
  ]
  private static let names: Set<String> = [
    ".gitattributes", ".gitignore", "LICENCE", "LICENSE", "NOTICE", "README", "USE_POLICY",
  ]

  /// Demands that a directory is one; `output` is what errors are about.
  static func check(_ path: FilePath, output: FilePath) throws(StorageError) {
    do {
      let tree = try DirectoryTree(path)
      let names = try tree.names.map(\.string)
      let hasParts = names.contains("config.json")
      if let foreign = try foreign(in: tree, prefix: "", hasParts: hasParts) {
        throw StorageError.outputIsNotAModel(output, foreign: TensorName(foreign))
      }
      let isOneModel = names.contains { $0 == "config.json" || $0.hasSuffix(indexSuffix) }
      let count = names.count { $0.hasSuffix(".safetensors") }
      guard count == 1 || count > 1 && isOneModel else {
        throw StorageError.outputIsNotAModel(output, foreign: nil)
      }
    } catch {
      throw error as? StorageError ?? .cannotCreate(output, error as? Errno ?? .ioError)
    }
  }

  private static let indexSuffix = ".safetensors.index.json"

  /// The first thing found that does not belong to a model.
  private static func foreign(
    in tree: borrowing DirectoryTree, prefix: String, hasParts: Bool
  ) throws(Errno) -> String? {
    for name in try tree.names {
      let path = prefix + name.string
      let identity = try tree.identity(of: name)
      if identity.isDirectory, !name.string.hasPrefix(".") {
        let subdirectory = try tree.subdirectory(name)
        let inner = try foreign(in: subdirectory, prefix: path + "/", hasParts: hasParts)
        if let inner { return inner }
      } else if !identity.isRegularFile
        || !isKnown(name, takesWeights: hasParts || prefix.isEmpty)
      {
        return path
      }
    }
    return nil
  }

  private static func isKnown(_ name: FilePath.Component, takesWeights: Bool) -> Bool {
    if names.contains(name.string) { return true }
    guard !name.string.hasPrefix("."), let kind = name.extension?.lowercased() else { return false }
    return extensions.contains(kind) || takesWeights && kind == "safetensors"
  }
}
