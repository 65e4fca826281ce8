/// What a file of a model directory that is no shard is there for, by its name.
///
/// In doubt it is a companion: a copy too many costs room, a tokenizer that is lost costs the model.
enum FileRole: Hashable, Sendable {
  /// Goes with the model: configurations, tokenizers, texts, code.
  case companion
  /// Weights in some format, an index of such, or the state of a training.
  case weights
  /// Nothing of the model's: version control, caches, files of a run that died.
  case debris

  /// The role of a file of that name, without directories.
  init(file name: String) {
    let name = name.lowercased()
    if Self.isDebris(name) || name == ".git" || name == ".ds_store" || name.hasPrefix("._") {
      self = .debris
    } else if name.hasSuffix(".safetensors") || Self.isIndex(name) {
      self = .weights
    } else if Self.tokenizers.contains(where: name.hasPrefix)
      || Self.texts.contains(where: name.hasSuffix)
    {
      self = .companion
    } else {
      self = Self.isWeights(name) ? .weights : .companion
    }
  }

  /// The role of all files in a directory of that name; those of companions are judged one by one.
  init(directory name: String) {
    let name = name.lowercased()
    if Self.isDebris(name) || Self.caches.contains(name) {
      self = .debris
    } else {
      self = Self.packages.contains(where: name.hasSuffix) ? .weights : .companion
    }
  }

  private static let caches: Set = [
    ".git", ".hg", ".svn", ".cache", "__pycache__", ".ipynb_checkpoints",
  ]
  private static let packages = [".mlpackage", ".mlmodelc"]
  private static let tokenizers = ["tokenizer", "vocab", "merges", "special_tokens", "spiece"]
  private static let texts = [
    ".json", ".jsonl", ".txt", ".md", ".py", ".jinja", ".yaml", ".yml", ".toml", ".model",
    ".tiktoken", ".vocab",
  ]
  private static let formats = [
    ".bin", ".pt", ".pth", ".ckpt", ".h5", ".hdf5", ".keras", ".msgpack", ".onnx", ".gguf", ".ggml",
    ".npz", ".pkl", ".pickle", ".tflite", ".mlmodel", ".ot", ".distcp", ".pdparams", ".pdopt",
    ".pte",
  ]
  /// How the names of weights and training states begin, or what stands in them, where the format
  /// alone does not tell.
  private static let binaries = [
    "model", "weight", "pytorch_model", "adapter", "lora", "flax_model", "openvino_",
    "consolidated", "ggml", "optimizer", "scheduler", "random_states", "training_args",
  ]

  private static func isDebris(_ name: String) -> Bool {
    // Temporary files of this tool: .NAME.qconvert-PID.tmp.
    name.hasPrefix(".") && name.contains(".qconvert")
  }

  /// Whether a file says which file holds which tensor.
  private static func isIndex(_ name: String) -> Bool {
    if name.hasSuffix(KerasShardIndex.suffix) { return true }
    guard name.hasSuffix(".json"), let range = name.firstRange(of: ".index.") else { return false }
    return formats.contains(where: name[..<range.lowerBound].hasSuffix)
      || name[..<range.lowerBound].hasSuffix(".safetensors")
  }

  private static func isWeights(_ name: String) -> Bool {
    if name.hasPrefix("rng_state") { return true }
    for part in [".ckpt.", ".ckpt-", ".onnx_data", ".onnx.data"] where name.contains(part) {
      return true
    }
    guard formats.contains(where: name.hasSuffix) else { return false }
    return !name.hasSuffix(".bin") || binaries.contains(where: name.hasPrefix)
      || name.contains("pytorch_")
  }
}
