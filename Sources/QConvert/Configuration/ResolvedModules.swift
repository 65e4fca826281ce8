/// A module with the settings that are its own.
struct ResolvedModule {
  var rule: QuantizerConfig.Rule
  /// Whether the rule names this module, and not only one around it.
  var isDirect = false
  /// The op that uses the parameters, where the type is known.
  var opType: String?
  var isTransposed = false
  /// A class of torch whose parameters no quantizable op uses, such as a norm or an LSTM.
  var isOpless = false
}

/// The settings of all modules of a checkpoint; every module is looked at once, however many tensors it has.
struct ResolvedModules {
  /// The modules around a module that are looked at; names are untrusted, and nothing real is as deep.
  static let depthLimit = 256

  private let global: ResolvedModule
  private var modules: [TensorName: Node] = [:]
  private let file: FileModules
  private var names: Level
  private var types: Level

  private struct Node {
    var module: ResolvedModule
    /// The last rules that match the module or one around it.
    var nameRule: Int?
    var typeRule: Int?
  }

  /// The rules of a kind and which of them has met a module.
  private struct Level {
    let rules: [QuantizerConfig.Rule]
    var isMatched: [Bool]

    init(_ rules: [QuantizerConfig.Rule]) {
      self.rules = rules
      isMatched = rules.map { _ in false }
    }

    /// The last rule that matches a module or, given the one for its parent, a module around it. Rules
    /// that cannot win are asked only until they have met something.
    mutating func last(parent: Int?, _ matches: (Int) -> Bool) -> (rule: Int?, isDirect: Bool) {
      var last = parent
      var isDirect = false
      for index in rules.indices.reversed() {
        let canWin = last.map { index > $0 || index == parent && !isDirect } ?? true
        guard canWin || !isMatched[index], matches(index) else { continue }
        isMatched[index] = true
        if canWin { (last, isDirect) = (index, true) }
      }
      return (last, isDirect)
    }
  }

  init(
    _ config: QuantizerConfig, _ types: ModuleTypes, _ file: FileModules, names: [TensorName]
  ) throws(ConfigurationError) {
    self.file = file
    global = ResolvedModule(rule: config.effectiveGlobalRule)
    self.names = Level(config.nameRules)
    self.types = Level(config.typeRules)
    let patterns = try config.nameRules.map { rule throws(ConfigurationError) in
      try ModulePattern(rule.key)
    }
    if patterns.isEmpty, types.isEmpty, file.isEmpty || config.typeRules.isEmpty { return }
    for name in names { try add(TensorName(name.module), patterns, types) }
    for entry in types.entries { try add(entry.module, patterns, types) }
  }

  /// The module that has a tensor.
  subscript(_ tensor: TensorName) -> ResolvedModule {
    modules[TensorName(tensor.module)]?.module ?? global
  }

  /// Adds a module and those around it, the outermost first.
  private mutating func add(
    _ name: TensorName, _ patterns: [ModulePattern], _ types: ModuleTypes
  ) throws(ConfigurationError) {
    var pending: [TensorName] = []
    var next: TensorName? = name
    while let name = next, modules[name] == nil {
      guard pending.count < Self.depthLimit else { throw .nestedName(pending[0]) }
      pending.append(name)
      next = name.string.isEmpty ? nil : TensorName(name.module)
    }
    var parent = next.flatMap { modules[$0] }
    for name in pending.reversed() {
      let node = resolve(name, parent, patterns, types[name])
      modules[name] = node
      parent = node
    }
  }

  private mutating func resolve(
    _ name: TensorName, _ parent: Node?, _ patterns: [ModulePattern], _ type: String?
  ) -> Node {
    let bytes = Array(name.string.utf8)
    let ownName = patterns.isEmpty ? nil : file.ownName(of: name)
    let ownBytes = Array((ownName?.string ?? "").utf8)
    let byName = self.names.last(parent: parent?.nameRule) { rule in
      patterns[rule].matches(name.string, bytes)
        || ownName.map { patterns[rule].matches($0.string, ownBytes) } ?? false
    }
    let rules = self.types.rules
    var byType: (rule: Int?, isDirect: Bool) = (parent?.typeRule, false)
    if let type {
      byType = self.types.last(parent: byType.rule) { rules[$0].key == type }
    } else if !rules.isEmpty {
      let file = file
      byType = self.types.last(parent: byType.rule) { file.isClass(rules[$0].key, of: name) }
    }
    var module = global
    if let rule = byName.rule {
      module = ResolvedModule(rule: self.names.rules[rule], isDirect: byName.isDirect)
    } else if let rule = byType.rule {
      module = ResolvedModule(rule: rules[rule], isDirect: byType.isDirect)
    }
    if let type {
      module.opType = OpConfig.type(ofModule: type)
      module.isTransposed = module.opType?.hasPrefix("conv_transpose") ?? false
      // What a ParameterList holds is used by the module around it.
      module.isOpless =
        module.opType == nil && type.hasPrefix("torch.nn.modules.")
        && !type.hasPrefix("torch.nn.modules.container.")
    }
    return Node(module: module, nameRule: byName.rule, typeRule: byType.rule)
  }

  /// The rules that met no module: global ones, types, names, each with its op types and op names.
  func unmatched(_ config: QuantizerConfig) -> [ConfigurationRule] {
    var met: [ConfigurationRule: Set<String>] = [:]
    for node in modules.values {
      guard let op = node.module.opType else { continue }
      met[node.module.rule.rule, default: []].insert(op)
    }
    let levels =
      [([config.effectiveGlobalRule], [true])] + [types, names].map { ($0.rules, $0.isMatched) }
    return levels.flatMap { rules, isMatched in
      zip(rules, isMatched).flatMap { rule, isMatched in
        let ops = rule.config.opTypes.filter { !(met[rule.rule]?.contains($0.type) ?? false) }
        return (isMatched ? [] : [rule.rule])
          + ops.map { .opType($0.type, in: rule.rule) }
          + rule.config.opNames.map { .opName($0, in: rule.rule) }
      }
    }
  }
}
