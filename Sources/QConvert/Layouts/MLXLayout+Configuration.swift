extension MLXLayout: ModelConfiguring {
  /// What MLX writes into its files.
  func metadata(of model: LayoutModel) -> [MetadataEntry] {
    [MetadataEntry(name: "format", value: "mlx")]
  }

  /// The same under both names: one is mlx-lm's, the other that of hubs.
  var configurationNames: [String] { ["quantization", "quantization_config"] }

  /// The settings of most modules, and those of each that differs.
  func configuration(of model: LayoutModel) -> String {
    let modules = model.tensors.compactMap { tensor in
      tensor.spec.flatMap(Settings.init).map { (name: tensor.name.module, settings: $0) }
    }
    let common = modules.map(\.settings).mostFrequent
    let others = modules.filter { $0.settings != common }.map {
      JSONValue.Member(name: $0.name, value: .object($0.settings.members))
    }
    return JSONValue.object((common?.members ?? []) + others).description
  }

  /// What mlx-lm needs to know of a module.
  private struct Settings: Hashable {
    let groupSize: Int
    let bits: Int
    let mode: MLXMode

    init?(_ spec: QuantizationSpec) {
      guard case .perBlock(_, let size) = spec.granularity else { return nil }
      groupSize = size
      bits = spec.dtype.bitWidth
      mode = MLXMode(spec)
    }

    var members: [JSONValue.Member] {
      [
        .init(name: "group_size", value: .integer(groupSize)),
        .init(name: "bits", value: .integer(bits)),
        .init(name: "mode", value: .string(mode.rawValue)),
      ]
    }
  }
}
