extension QuantizerConfig {
  /// The configuration of a YAML text, in the form of coreai-opt's `QuantizerConfig.from_yaml`.
  ///
  /// Everything is checked, what concerns activations too; that is then dropped, with a line in ``notes``.
  /// Two things are taken that the reference refuses: a module type without a dot, and a number as the
  /// name of a module.
  /// - Throws: ``ConfigurationError``
  public init(yaml: String) throws(ConfigurationError) {
    let root = Setting(path: "", value: try JSONValue(yaml: yaml))
    guard root.value.members != nil else {
      throw .wrongKind("the configuration", expected: "a mapping")
    }
    // The other key holds what anchors are made of.
    try root.check(known: ["quantization_config", "quantization_spec"])
    guard let config = root.member("quantization_config") else {
      throw .missingKey("quantization_config")
    }
    var parser = ConfigurationParser()
    self = try parser.configuration(config)
  }
}

/// Reads settings and collects what has no meaning for a checkpoint.
private struct ConfigurationParser {
  typealias Rule = QuantizerConfig.Rule

  static let activationKeys = [
    "op_input_spec", "op_output_spec", "module_input_spec", "module_output_spec",
  ]
  static let opKeys = ["op_input_spec", "op_output_spec", "op_state_spec"]
  static let moduleKeys =
    opKeys + [
      "op_type_config", "op_name_config", "module_input_spec", "module_output_spec",
      "module_state_spec", "qat_schedule",
    ]

  private var activations: [String] = []
  private var otherOps: [String] = []
  private var others: [String] = []

  mutating func configuration(_ setting: Setting) throws(ConfigurationError) -> QuantizerConfig {
    try setting.check(known: [
      "global_config", "module_type_configs", "module_name_configs", "preserved_attributes",
      "execution_mode", "kv_cache_quant_configs",
    ])
    let global = try setting.member("global_config").map {
      setting throws(ConfigurationError) -> Rule in
      for key in ["module_input_spec", "module_output_spec", "module_state_spec"] {
        if let settings = setting.member(key), try !settings.optionalMembers().isEmpty {
          throw .moduleSettings(settings.path)
        }
      }
      return Rule(rule: .global, key: "", config: try module(setting))
    }
    let types = try rules(setting.member("module_type_configs"), ConfigurationRule.moduleType)
    let names = try rules(setting.member("module_name_configs"), ConfigurationRule.moduleName)
    try checkOthers(setting)
    return QuantizerConfig(
      globalRule: global, typeRules: types, nameRules: names, notes: notes)
  }

  private var notes: [String] {
    let kinds = [
      ("activation settings", activations), ("settings of ops without weights", otherOps),
      ("settings of training and tracing", others),
    ]
    return kinds.compactMap { kind, found in
      found.isEmpty
        ? nil : "\(kind) have no meaning for a checkpoint: \(found.joined(separator: ", "))"
    }
  }

  private mutating func rules(
    _ setting: Setting?, _ rule: (String) -> ConfigurationRule
  ) throws(ConfigurationError) -> [Rule] {
    var rules: [Rule] = []
    for (name, setting) in try setting?.optionalMembers() ?? [] {
      rules.append(Rule(rule: rule(name), key: name, config: try module(setting)))
    }
    return rules
  }

  private mutating func module(_ setting: Setting) throws(ConfigurationError) -> ModuleConfig {
    if setting.isNull { return .off }
    try setting.check(known: Self.moduleKeys)
    var config = ModuleConfig(opState: try opState(setting))
    for (type, setting) in try setting.member("op_type_config")?.optionalMembers() ?? [] {
      let state = try op(setting)
      if OpConfig.weightTypes.contains(type) {
        config.opTypes.append(OpConfig(type: type, state: state))
      } else {
        Self.note(type, &otherOps)
      }
    }
    for (name, setting) in try setting.member("op_name_config")?.optionalMembers() ?? [] {
      _ = try op(setting)
      config.opNames.append(name)
    }
    if let state = setting.member("module_state_spec"), !state.isNull {
      config.moduleState = try states(state)
    }
    if let schedule = setting.member("qat_schedule"), !schedule.isNull {
      _ = try schedule.members()
      Self.note("qat_schedule", &others)
    }
    return config
  }

  private mutating func op(_ setting: Setting) throws(ConfigurationError) -> StateSpecs {
    if setting.isNull { return .off }
    try setting.check(known: Self.opKeys)
    return try opState(setting)
  }

  /// The `op_state_spec` within a setting: left out it has a default, null switches off.
  private mutating func opState(_ setting: Setting) throws(ConfigurationError) -> StateSpecs {
    for key in Self.activationKeys {
      guard let specs = setting.member(key), !specs.isNull else { continue }
      let quantized = try states(specs).entries.contains { $0.spec != nil }
      if quantized { Self.note(key, &activations) }
    }
    guard let state = setting.member("op_state_spec") else { return .libraryDefault }
    return state.isNull ? .off : try states(state)
  }

  private func states(_ setting: Setting) throws(ConfigurationError) -> StateSpecs {
    var entries: [StateSpecs.Entry] = []
    for (name, setting) in try setting.members() {
      entries.append(
        StateSpecs.Entry(key: name, spec: setting.isNull ? nil : try QuantizationSpec(setting)))
    }
    return StateSpecs(entries: entries)
  }

  private mutating func checkOthers(_ setting: Setting) throws(ConfigurationError) {
    let modes = ["graph", "eager"]
    _ = try setting.member("execution_mode")?.choice(modes) { name in
      (modes + ["pt2e", "PT2E"]).contains(name) ? name : nil
    }
    if let attributes = setting.member("preserved_attributes"), !attributes.isNull {
      guard let names = attributes.value.elements, names.allSatisfy({ $0.string != nil }) else {
        throw attributes.kind("a list of strings")
      }
      Self.note("preserved_attributes", &others)
    }
    for (_, cache) in try setting.member("kv_cache_quant_configs")?.optionalMembers() ?? [] {
      try cache.check(known: ["op_quantizer_config"])
      guard let config = cache.member("op_quantizer_config") else {
        throw .missingKey("\(cache.path).op_quantizer_config")
      }
      _ = try op(config)
      Self.note("kv_cache_quant_configs", &activations)
    }
  }

  private static func note(_ kind: String, _ kinds: inout [String]) {
    let kind = "\(TensorName(kind))"
    if !kinds.contains(kind) { kinds.append(kind) }
  }
}
