/// Weights as DeepSeek has published them: float8 with a scale for every square of 128 by 128, under a name that
/// calls it inverse. Read only.
///
///     a.weight            F8_E4M3, the shape of the original
///     a.weight_scale_inv  F32 or BF16, what every value of a block is multiplied with
struct FP8BlocksLayout: OutputLayout {
  static let name = "fp8-blocks"
  /// The ending of the scale's name.
  static let ending = "_scale_inv"
  /// The block where nothing else is said.
  static let blockShape = [128, 128]

  var name: String { Self.name }
  var allowsRaggedBlocks: Bool { true }
  /// The type of the scales does not follow from the rest.
  var recordsEntries: Bool { true }

  func entries(for tensor: QuantizedTensor) -> [OutputEntry] {
    Self.entries(tensor.name, tensor.shape, scale: .float32, tensor.grid)
  }

  /// The entries of a weight with scales of a type.
  static func entries(
    _ name: TensorName, _ shape: [Int], scale: DType, _ grid: [Int]
  ) -> [OutputEntry] {
    [
      OutputEntry(name.string, .float8E4M3, shape, .quantized),
      OutputEntry(name.string + ending, scale, grid, .scale),
    ]
  }
}

extension FP8BlocksLayout: ModelConfiguring {
  func metadata(of model: LayoutModel) -> [MetadataEntry] { [] }
  var configurationNames: [String] { ["quantization_config"] }
  func configuration(of model: LayoutModel) -> String { JSONValue.null.description }
}
