import SystemPackage

extension FilePath {
  /// The path with a suffix before its extension: `model.int8.buffers.safetensors`.
  func inserting(suffix: String) -> FilePath {
    guard !suffix.isEmpty, let name = lastComponent else { return self }
    let file = name.stem + "." + suffix + (name.extension.map { "." + $0 } ?? "")
    return removingLastComponent().appending(file)
  }
}
