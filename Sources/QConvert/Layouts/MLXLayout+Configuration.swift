extension MLXLayout: ModelConfiguring {
  /// What MLX writes into its files.
  func metadata(of model: [LayoutOutcome]) -> [MetadataEntry] {
    [MetadataEntry(name: "format", value: "mlx")]
  }

  /// The same under both names: one is mlx-lm's, the other that of hubs.
  var configurationNames: [String] { ["quantization", "quantization_config"] }

  /// The settings of most modules, and those of each that differs.
  func configuration(of model: [LayoutOutcome]) -> [(name: String, text: String)] {
    let modules = model.compactMap { tensor -> (name: String, settings: Settings)? in
      tensor.spec.flatMap(Settings.init).map { (tensor.name.module, $0) }
    }
    let counts = modules.reduce(into: [Settings: Int]()) { $0[$1.settings, default: 0] += 1 }
    // Of settings that are equally frequent, those that come first.
    let frequent = modules.map(\.settings).max { (counts[$0] ?? 0) < (counts[$1] ?? 0) }
    guard
      let common = modules.map(\.settings).first(where: {
        counts[$0] == frequent.flatMap { counts[$0] }
      })
    else { return [] }
    let members =
      common.members
      + modules.filter { $0.settings != common }.map {
        JSONValue.Member(name: $0.name, value: .object($0.settings.members))
      }
    let text = JSONValue.object(members).description
    return configurationNames.map { ($0, text) }
  }

  /// What mlx-lm needs to know of a module.
  private struct Settings: Hashable {
    let groupSize: Int
    let bits: Int

    init?(_ spec: QuantizationSpec) {
      guard case .perBlock(_, let size) = spec.granularity else { return nil }
      groupSize = size
      bits = spec.dtype.bitWidth
    }

    var members: [JSONValue.Member] {
      [
        .init(name: "group_size", value: .integer(groupSize)),
        .init(name: "bits", value: .integer(bits)),
        .init(name: "mode", value: .string("affine")),
      ]
    }
  }
}
