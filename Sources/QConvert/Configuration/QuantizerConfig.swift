/// Which spec applies to which tensor of a checkpoint: coreai-opt's `QuantizerConfig`, as far as it concerns
/// weights.
///
/// A module takes its settings from the last of `nameRules` that matches it or a module around it, else
/// the last of `typeRules`, else `globalRule`.
public struct QuantizerConfig: Hashable, Sendable {
  /// Settings with the place where they are.
  struct Rule: Hashable, Sendable {
    let rule: ConfigurationRule
    /// The pattern or type.
    let key: String
    let config: ModuleConfig
  }

  /// The settings for the whole model; nil where the file has none.
  let globalRule: Rule?
  let typeRules: [Rule]
  let nameRules: [Rule]
  /// What the file asks for that means nothing for a checkpoint, a line for each kind.
  public let notes: [String]

  init(globalRule: Rule?, typeRules: [Rule] = [], nameRules: [Rule] = [], notes: [String] = []) {
    self.globalRule = globalRule
    self.typeRules = typeRules
    self.nameRules = nameRules
    self.notes = notes
  }

  /// The spec for every weight.
  public init(spec: QuantizationSpec) {
    self.init(globalRule: Rule(spec, .defaultSpec))
  }

  /// Whether there are settings for the whole model, be it only that nothing is quantized.
  ///
  /// Where there are none, ``withDefault(_:)`` gives them; without it those of the reference hold: int8,
  /// symmetric, per_channel along axis 0.
  public var hasGlobal: Bool { globalRule != nil }

  /// The same configuration with a spec for every weight of which nothing is said, unless ``hasGlobal``.
  public func withDefault(_ spec: QuantizationSpec) -> QuantizerConfig {
    QuantizerConfig(
      globalRule: globalRule ?? Rule(spec, .defaultSpec), typeRules: typeRules,
      nameRules: nameRules, notes: notes)
  }

  /// ``globalRule``, or the reference's.
  var effectiveGlobalRule: Rule {
    globalRule
      ?? Rule(rule: .libraryDefault, key: "", config: ModuleConfig(opState: .libraryDefault))
  }
}

extension QuantizerConfig.Rule {
  fileprivate init(_ spec: QuantizationSpec, _ rule: ConfigurationRule) {
    self.init(rule: rule, key: "", config: ModuleConfig(weight: spec))
  }
}

// MARK: Presets

extension QuantizerConfig {
  /// The names of all presets.
  public static let presetNames = ["w8", "w4", "w4_per_block", "fp8", "mxfp4", "mxfp8"]

  /// A configuration for all weights by name; nil for an unknown one.
  ///
  /// `w8`, `w4` and `w4_per_block` are coreai-opt's presets; `mxfp4` has the weights of its example
  /// `W_MXFP4_A_FP8`, and `fp8` and `mxfp8` are made like it.
  public static func preset(_ name: String) -> QuantizerConfig? {
    presetSpec(name).map { QuantizerConfig(globalRule: Rule($0, .preset(name))) }
  }

  private static func presetSpec(_ name: String) -> QuantizationSpec? {
    let block = Granularity.perBlock(axis: nil, size: 32)
    return switch name {
    case "w8": try? QuantizationSpec(dtype: .int8, granularity: .perChannel(axis: nil))
    case "w4": try? QuantizationSpec(dtype: .int4, granularity: .perChannel(axis: nil))
    case "w4_per_block": try? QuantizationSpec(dtype: .int4, granularity: block)
    case "fp8": try? QuantizationSpec(dtype: .float8E4M3, granularity: .perChannel(axis: nil))
    case "mxfp4":
      try? QuantizationSpec(dtype: .float4E2M1, granularity: block, scaleDType: .float8E8M0)
    case "mxfp8":
      try? QuantizationSpec(dtype: .float8E4M3, granularity: block, scaleDType: .float8E8M0)
    default: nil
    }
  }
}

extension StateSpecs {
  /// What holds where `op_state_spec` is left out. Not the default axis of a layer but axis 0, for
  /// transposed convolutions too; that is the reference.
  static let libraryDefault = StateSpecs(
    entries: (try? QuantizationSpec(granularity: .perChannel(axis: 0), qparamsCalculator: "static"))
      .map { [Entry(key: "weight", spec: $0)] } ?? [])
}
