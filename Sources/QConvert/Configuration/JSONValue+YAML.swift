extension JSONValue {
  /// The value of a YAML text of one document, with aliases and merged mappings resolved.
  ///
  /// Whole numbers and fractions that are keys become strings as they are written. Stricter than PyYAML:
  /// the same key twice in a mapping is an error.
  init(yaml text: String) throws(ConfigurationError) {
    var composer = try YAMLComposer(text)
    self = try composer.document()
  }
}

/// Composes a value from YAML events. Nesting and the size with every alias written out are bounded.
private struct YAMLComposer: ~Copyable {
  static let depthLimit = 64
  static let sizeLimit = 1_000_000

  /// A value with what it costs to look at.
  struct Node {
    var value: JSONValue
    var size = 1
    var depth = 0
  }

  private var events: YAMLEvents
  private var anchors: [String: Node] = [:]

  init(_ text: String) throws(ConfigurationError) {
    events = try YAMLEvents(text)
  }

  mutating func document() throws(ConfigurationError) -> JSONValue {
    _ = try events.next()
    guard try events.next() == .documentStart else { return .null }
    let node = try node(events.next(), depth: 0)
    _ = try events.next()
    guard try events.next() == .streamEnd else { throw problem("a second document") }
    return node.value
  }

  private func problem(_ text: String) -> ConfigurationError { .yaml(text, line: events.line) }

  private mutating func node(_ event: YAMLEvent, depth: Int) throws(ConfigurationError) -> Node {
    var node: Node
    let name: String?
    switch event {
    case .alias(let name):
      guard let node = anchors[name] else { throw problem("no anchor &\(name) before the alias") }
      try check(node, depth)
      return node
    case .scalar(let scalar, let anchor):
      guard let value = scalar.value else {
        throw problem("a scalar that its tag \(scalar.tag ?? "") does not allow")
      }
      (node, name) = (Node(value: value), anchor)
    case .sequence(let tag, let anchor):
      try check(tag, "seq")
      (node, name) = (try sequence(depth), anchor)
    case .mapping(let tag, let anchor):
      try check(tag, "map")
      (node, name) = (try mapping(depth), anchor)
    default: throw problem("no value")
    }
    if let name {
      guard anchors.updateValue(node, forKey: name) == nil else {
        throw problem("a second anchor &\(name)")
      }
    }
    try check(node, depth)
    return node
  }

  private func check(_ tag: String?, _ known: String) throws(ConfigurationError) {
    if let tag, tag != "!", tag != YAMLScalar.prefix + known { throw problem("the tag \(tag)") }
  }

  private func check(_ node: Node, _ depth: Int) throws(ConfigurationError) {
    guard depth + node.depth <= Self.depthLimit else { throw problem("nested too deeply") }
    guard node.size <= Self.sizeLimit else { throw problem("too large with its aliases") }
  }

  private mutating func sequence(_ depth: Int) throws(ConfigurationError) -> Node {
    try check(Node(value: .null), depth + 1)
    var sequence = Node(value: .null)
    var elements: [JSONValue] = []
    while case let event = try events.next(), event != .collectionEnd {
      let element = try node(event, depth: depth + 1)
      elements.append(element.value)
      sequence.add(element)
      try check(sequence, depth)
    }
    sequence.value = .array(elements)
    return sequence
  }

  private mutating func mapping(_ depth: Int) throws(ConfigurationError) -> Node {
    try check(Node(value: .null), depth + 1)
    var mapping = Node(value: .null)
    var own: [JSONValue.Member] = []
    var merged: [JSONValue.Member]?
    var names: Set<TensorName> = []
    while case let event = try events.next(), event != .collectionEnd {
      guard case .scalar(let key, let anchor) = event, anchor == nil else {
        throw problem("a key that is not plain text")
      }
      let line = events.line
      let value = try node(events.next(), depth: depth + 1)
      mapping.add(value)
      try check(mapping, depth)
      if key.isMerge {
        guard merged == nil else { throw .duplicateKey("<<", line: line) }
        guard let members = Self.members(toMerge: value.value) else {
          throw .yaml("<< takes a mapping or a list of mappings", line: line)
        }
        merged = members
        continue
      }
      switch key.value {
      case .string, .number: break
      default: throw .yaml("a key that is not plain text", line: line)
      }
      guard names.insert(TensorName(key.text)).inserted else {
        throw .duplicateKey(key.text, line: line)
      }
      own.append(JSONValue.Member(name: key.text, value: value.value))
    }
    mapping.value = .object(merged.map { Self.merge([$0, own]) } ?? own)
    return mapping
  }

  /// The members that a merge key brings in; of a list of mappings the earlier ones win.
  private static func members(toMerge value: JSONValue) -> [JSONValue.Member]? {
    if let members = value.members { return members }
    guard let elements = value.elements else { return nil }
    let mappings = elements.compactMap(\.members)
    return mappings.count == elements.count ? merge(mappings.reversed()) : nil
  }

  /// Later members replace earlier ones of the same name in their place, as in a Python dictionary.
  private static func merge(_ mappings: [[JSONValue.Member]]) -> [JSONValue.Member] {
    var merged: [JSONValue.Member] = []
    var places: [TensorName: Int] = [:]
    for member in mappings.joined() {
      if let place = places[TensorName(member.name)] {
        merged[place] = member
      } else {
        places[TensorName(member.name)] = merged.count
        merged.append(member)
      }
    }
    return merged
  }
}

extension YAMLComposer.Node {
  fileprivate mutating func add(_ child: Self) {
    size += child.size
    depth = max(depth, child.depth + 1)
  }
}
