extension ConversionPlan {
  /// Has `config.json` tell how the weights are quantized, every other byte of it kept.
  mutating func configure(
    _ model: Model, _ layout: any ModelConfiguring, _ outcomes: LayoutModel
  ) throws {
    let value = try layout.configuration(of: outcomes)
    warnings += layout.warnings(of: outcomes)
    guard let text = try model.floatConfigurationText else {
      warnings.append(
        "\(layout.name) is loaded by what config.json says of it, and there is none; it takes "
          + layout.configurationNames.map { "\"\($0)\": \(value)" }.joined(separator: ", "))
      return
    }
    var edit = JSONEdit()
    for name in layout.configurationNames { edit.set([JSONStep.member(name)], to: value) }
    rewritten[Model.configurationName] = try edit.applied(to: text)
  }

  /// Has `config.json` no longer tell how the weights are quantized.
  mutating func unconfigure(_ model: Model, _ layout: any ModelConfiguring) throws {
    guard let text = try model.configurationText else { return }
    rewritten[Model.configurationName] = try layout.removingConfiguration(from: text)
  }
}

extension Model {
  /// The text of `config.json` without what it says of quantized weights that are read as floats.
  fileprivate var floatConfigurationText: [UInt8]? {
    get throws {
      guard let text = try configurationText else { return nil }
      guard let layout = dequantized?.layout as? any ModelConfiguring else { return text }
      return try layout.removingConfiguration(from: text)
    }
  }
}

extension OutputLayout {
  /// Whether an entry of the metadata tells of quantized tensors: the record, or what else consumers of the
  /// layout look for.
  func describesCodes(_ entry: MetadataEntry) -> Bool {
    entry.name == QuantizationRecord.metadataName
      || (self as? any ModelConfiguring)?.isOwn(entry) == true
  }
}

extension ModelConfiguring {
  /// A text of `config.json` without the layout's members.
  fileprivate func removingConfiguration(from text: [UInt8]) throws -> [UInt8] {
    var edit = JSONEdit()
    for name in configurationNames { edit.remove([JSONStep.member(name)]) }
    return try edit.applied(to: text)
  }
}

extension LayoutModel {
  /// What becomes of a model.
  init(_ drafts: [PlanBuilder.Draft], of model: Model) {
    self.init(tensors: drafts.map(\.outcome), configuration: model.configuration)
  }
}

extension PlanBuilder.Draft {
  /// What becomes of the tensor, for the layout.
  fileprivate var outcome: LayoutOutcome {
    LayoutOutcome(name: name, dtype: dtype, shape: shape, spec: decision.spec)
  }
}

extension [MetadataEntry] {
  /// With entries of another list in the place of those of the same names.
  func replacing(_ others: [MetadataEntry]) -> [MetadataEntry] {
    filter { entry in !others.contains { $0.name == entry.name } } + others
  }
}
