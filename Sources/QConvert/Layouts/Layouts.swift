/// The layouts by name.
public enum Layouts {
  /// The names, the default first.
  public static let names = [
    "native", "coreai-prepared", "coreai", "coreai-graph", "coreml", "keras", "mlx", "torchao",
    "compressed-tensors", "gguf",
  ]

  /// The layout of a name; nil when there is none. `isPacked` is about the native layout, whose
  /// sub-byte values may share bytes; the others decide for themselves.
  public static func named(_ name: String, isPacked: Bool = false) -> (any OutputLayout)? {
    switch name {
    case "native": NativeLayout(isPacked: isPacked)
    case "coreai-prepared": CoreAIPreparedLayout()
    case "coreai": CoreAILayout()
    case "coreai-graph": CoreAIGraphLayout()
    case "coreml": CoreMLLayout()
    case "keras": KerasLayout()
    case "mlx": MLXLayout()
    case "torchao": TorchAOLayout()
    case "compressed-tensors": CompressedTensorsLayout(isPacked: isPacked)
    case GGUFLayout.name: GGUFLayout()
    default: nil
    }
  }

  /// The same, and those that are only read.
  static func readable(_ name: String, isPacked: Bool) -> (any OutputLayout)? {
    name == FP8BlocksLayout.name ? FP8BlocksLayout() : named(name, isPacked: isPacked)
  }
}
