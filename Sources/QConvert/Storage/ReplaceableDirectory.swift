import SystemPackage

/// What is evidently the directory of one model, and may be deleted when it is replaced.
///
/// At its top are safetensors files: one, or several that a `config.json` or an index holds together.
/// All else, at any depth, is of the kinds that come with models: texts, settings, vocabularies, code,
/// pictures, and with a `config.json` the weights of parts; or has the name of a file that will be written
/// again. Hidden files, links, archives and whatever else somebody may miss are reason to refuse: a home
/// directory, a collection of models, a working copy.
enum ReplaceableDirectory {
  private static let extensions: Set<String> = [
    "bpe", "gif", "jinja", "jpeg", "jpg", "json", "jsonl", "md", "model", "png", "py", "spm", "svg",
    "tiktoken", "toml", "txt", "vocab", "webp", "yaml", "yml",
  ]
  private static let names: Set<String> = [
    ".gitattributes", ".gitignore", "LICENCE", "LICENSE", "NOTICE", "README", "USE_POLICY",
  ]

  /// Demands that a directory is one; `output` is what errors are about, `rewritten` are the paths of the
  /// files that take the place of those in it.
  static func check(
    _ path: FilePath, output: FilePath, rewritten: Set<TensorName>
  ) throws(StorageError) {
    do {
      let tree = try DirectoryTree(path)
      let names = try tree.names.map(\.string)
      let hasParts = names.contains("config.json")
      if let foreign = try foreign(in: tree, "", hasParts, rewritten) {
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
    in tree: borrowing DirectoryTree, _ prefix: String, _ hasParts: Bool,
    _ rewritten: Set<TensorName>
  ) throws(Errno) -> String? {
    for name in try tree.names {
      let path = prefix + name.string
      let identity = try tree.identity(of: name)
      if identity.isDirectory, !name.string.hasPrefix(".") {
        let subdirectory = try tree.subdirectory(name)
        let inner = try foreign(in: subdirectory, path + "/", hasParts, rewritten)
        if let inner { return inner }
      } else if !identity.isRegularFile
        || !isKnown(name, takesWeights: hasParts || prefix.isEmpty)
          && !rewritten.contains(TensorName(path))
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
