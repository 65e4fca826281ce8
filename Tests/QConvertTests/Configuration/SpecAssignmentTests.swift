import Testing

@testable import QConvert

@Suite struct SpecAssignmentTests {
  private static let names: [TensorName] = [
    "embedding.weight", "layers.0.q.weight", "layers.0.q.bias", "layers.0.norm.weight",
    "layers.1.q.weight", "layers.1.up.weight", "layers.1.up.bias", "scale",
  ]
  private static let types = [
    "": "m.Model", "embedding": "torch.nn.modules.sparse.Embedding", "layers.0": "m.Block",
    "layers.1": "m.Block", "layers.0.q": "torch.nn.modules.linear.Linear",
    "layers.1.q": "torch.nn.modules.linear.Linear",
    "layers.0.norm": "torch.nn.modules.normalization.LayerNorm",
    "layers.1.up": "torch.nn.modules.conv.ConvTranspose2d",
    "layers.1.act": "torch.nn.modules.activation.ReLU",
  ]

  /// Settings of which each has a dtype of its own.
  private static let head = """
    quantization_spec:
      s: [&a {dtype: int8}, &b {dtype: uint8}, &c {dtype: int4}, &d {dtype: uint4}]
      m: [&A {op_state_spec: {weight: *a}}, &B {op_state_spec: {weight: *b}},
          &C {op_state_spec: {weight: *c}}]
    quantization_config:

    """

  private func assignment(
    _ text: String, typed: Bool = true, names: [TensorName] = names
  ) throws -> SpecAssignment {
    let members = Self.types.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }
    return try SpecAssignment(
      QuantizerConfig(yaml: Self.head + text),
      typed ? ModuleTypes(json: JSONValue.object(members).description.utf8) : ModuleTypes(),
      names: names)
  }

  /// What becomes of each tensor: its dtype, `off`, or `-` where nothing is said.
  private func words(_ assignment: SpecAssignment) -> String {
    Self.names.map { name in
      switch assignment.decision(for: name) {
      case .spec(let spec, _, _): spec.dtype.rawValue
      case .off: "off"
      case .none: "-"
      }
    }.joined(separator: " ")
  }

  /// Settings and what they make of the names above, in their order.
  @Test(arguments: [
    // Levels, and null at each.
    ("  global_config: *A", "int8 int8 - - int8 int8 - -"),
    ("  global_config: null", "off off off - off off off off"),
    ("  {}", "int8 int8 - - int8 int8 - -"),
    ("  global_config: {op_state_spec: null}", "off off off - off off off off"),
    ("  global_config: {op_state_spec: {}}", "- - - - - - - -"),
    ("  global_config: {op_state_spec: {weight: null}}", "off off - - off off - -"),
    ("  global_config: *A\n  module_type_configs: {m.Block: *B}", "int8 uint8 - - uint8 uint8 - -"),
    ("  global_config: *A\n  module_type_configs: {m.Block: null}", "int8 off off - off off off -"),
    (
      "  global_config: null\n  module_name_configs: {layers: *B}",
      "off uint8 - - uint8 uint8 - off"
    ),
    ("  global_config: *A\n  module_name_configs: {layers.1: null}", "int8 int8 - - off off off -"),
    // Names over types, even from further outside.
    (
      "  global_config: null\n  module_name_configs: {layers: *B}\n"
        + "  module_type_configs: {torch.nn.modules.linear.Linear: *C}",
      "off uint8 - - uint8 uint8 - off"
    ),
    // The last one defined, not the most specific one.
    (
      "  global_config: null\n  module_name_configs: {layers.0.q: *C, layers.*: *B}",
      "off uint8 - - uint8 uint8 - off"
    ),
    (
      "  global_config: null\n  module_name_configs: {layers.*: *B, layers.0.q: *C}",
      "off int4 - - uint8 uint8 - off"
    ),
    (
      "  global_config: null\n  module_name_configs: {layers.0.q: *C, layers.0: *B}",
      "off uint8 - - off off off off"
    ),
    (
      "  global_config: null\n  module_type_configs: "
        + "{torch.nn.modules.linear.Linear: *C, m.Block: *B}",
      "off uint8 - - uint8 uint8 - off"
    ),
    (
      "  global_config: null\n  module_type_configs: "
        + "{m.Block: *B, torch.nn.modules.linear.Linear: *C}",
      "off int4 - - int4 uint8 - off"
    ),
    // The root is a module too, and owns what has no dot.
    ("  global_config: null\n  module_name_configs: {'': *B}", "uint8 uint8 - - uint8 uint8 - -"),
    (
      "  global_config: null\n  module_type_configs: {m.Model: *B}",
      "uint8 uint8 - - uint8 uint8 - -"
    ),
    ("  global_config: {op_state_spec: {scale: *d}}", "- - - - - - - uint4"),
    // Exact keys and the star. Ops do not use the parameters of norms.
    (
      "  global_config: {op_state_spec: {weight: *a, '*': *b}}",
      "int8 int8 uint8 - int8 int8 uint8 uint8"
    ),
    (
      "  global_config: {op_state_spec: {'*': *b, bias: null}}",
      "uint8 uint8 off - uint8 uint8 off uint8"
    ),
    // What an op says stands for all of it.
    (
      "  global_config: {op_state_spec: {'*': *b}, op_type_config: {linear: *C}}",
      "uint8 int4 - - int4 uint8 uint8 uint8"
    ),
    (
      "  global_config: {op_state_spec: {'*': *b}, op_type_config: {linear: null, embedding: {}}}",
      "int8 off off - off uint8 uint8 uint8"
    ),
    (
      "  global_config: *A\n  module_name_configs: {layers.1: {op_type_config: "
        + "{conv_transpose2d: *B, linear: *C}}}",
      "int8 int8 - - int4 uint8 - -"
    ),
    // What a module says of its own parameters comes first, and reaches norms, but not submodules.
    (
      "  global_config: *A\n  module_name_configs: "
        + "{layers.0.*: {op_state_spec: {weight: *b}, module_state_spec: {bias: *c, weight: *d}}}",
      "int8 uint4 int4 uint4 int8 int8 - -"
    ),
    (
      "  global_config: *A\n  module_name_configs: "
        + "{layers.0: {op_state_spec: {weight: *b}, module_state_spec: {'*': *d}}}",
      "int8 uint8 - - int8 int8 - -"
    ),
    (
      "  global_config: *A\n  module_type_configs: {torch.nn.modules.linear.Linear: "
        + "{op_state_spec: {weight: *b}, op_type_config: {linear: null}, "
        + "module_state_spec: {weight: *d}}}",
      "int8 uint4 off - uint4 int8 - -"
    ),
    (
      "  global_config: *A\n  module_name_configs: {layers.0.q: "
        + "{op_state_spec: {weight: *b}, module_state_spec: {weight: null}}}",
      "int8 off - - int8 int8 - -"
    ),
    (
      "  global_config: *A\n  module_name_configs: {layers.0.q: "
        + "{op_state_spec: {weight: *b}, module_state_spec: null}}",
      "int8 uint8 - - int8 int8 - -"
    ),
    (
      "  global_config: *A\n  module_name_configs: "
        + "{layers.0.q: {module_state_spec: {bias: *d}}, layers.0: *B}",
      "int8 uint8 - - int8 int8 - -"
    ),
  ])
  func `settings reach the tensors that the reference gives them to`(
    _ text: String, _ expected: String
  ) throws {
    #expect(try words(assignment(text)) == expected)
  }

  @Test func `without types a norm is a module like any other`() throws {
    let found = try assignment("  global_config: *A", typed: false)
    #expect(words(found) == "int8 int8 - int8 int8 int8 - -")
  }

  @Test(arguments: [
    ("torch.nn.modules.linear.Linear", true), ("torch.nn.modules.container.ParameterList", true),
    ("m.Attention", true), ("torch.nn.modules.activation.MultiheadAttention", false),
    ("torch.nn.modules.linear.NonDynamicallyQuantizableLinear", false),
    ("torch.nn.modules.rnn.LSTM", false), ("torch.nn.modules.batchnorm.BatchNorm1d", false),
  ])
  func `ops use the parameters of layers and of other people's classes`(
    _ type: String, _ isReached: Bool
  ) throws {
    let config = try QuantizerConfig(
      yaml: Self.head + "  global_config: {op_state_spec: {'*': *a}}")
    let types = try ModuleTypes(json: #"{"a": "\#(type)"}"#.utf8)
    let found = try SpecAssignment(config, types, names: ["a.kernel"])
    if case .spec = found.decision(for: "a.kernel") {
      #expect(isReached)
    } else {
      #expect(!isReached)
    }
    // Patterns that include a tensor still find a spec for it.
    let weight = try SpecAssignment(
      QuantizerConfig(yaml: Self.head + "  global_config: *A"), types, names: ["a.kernel"])
    #expect(weight.weightSpec(forModuleOf: "a.kernel") != nil)
  }

  @Test func `default axes of transposed convolutions are swapped, others are left`() throws {
    let up: TensorName = "layers.1.up.weight"
    func granularity(_ text: String, _ name: TensorName, typed: Bool = true) throws -> Granularity?
    {
      let text = "  global_config: {op_state_spec: {'*': {granularity: \(text)}}}"
      guard case .spec(let spec, _, _) = try assignment(text, typed: typed).decision(for: name)
      else { return nil }
      return spec.granularity
    }
    let channel = "{type: per_channel}"
    let block = "{type: per_block, block_size: 8}"
    #expect(try granularity(channel, up) == .perChannel(axis: 1))
    #expect(try granularity(block, up) == .perBlock(axis: 0, size: 8))
    #expect(try granularity("{type: per_channel, axis: 0}", up) == .perChannel(axis: 0))
    #expect(
      try granularity("{type: per_block, axis: 1, block_size: 8}", up)
        == .perBlock(axis: 1, size: 8))
    #expect(try granularity("{type: per_tensor}", up) == .perTensor)
    #expect(try granularity(channel, up, typed: false) == .perChannel(axis: nil))
    #expect(try granularity(channel, "layers.1.up.bias") == .perChannel(axis: nil))
    #expect(try granularity(channel, "layers.1.q.weight") == .perChannel(axis: nil))
    #expect(try granularity(block, "layers.1.q.weight") == .perBlock(axis: nil, size: 8))

    let found = try assignment("  {}")
    #expect(found.isTransposed(up))
    #expect(!found.isTransposed("layers.1.q.weight"))
    // The defaults of the reference name axis 0.
    guard case .spec(let spec, .libraryDefault, true) = found.decision(for: up) else {
      Issue.record("not the library's default")
      return
    }
    #expect(spec.granularity == .perChannel(axis: 0))
  }

  @Test func `the weight of a module stands in for parameters of other names`() throws {
    let text = """
        global_config: {op_state_spec: {weight: {granularity: {type: per_channel}}}}
        module_name_configs: {layers.0.q: *B, embedding: null}
        module_type_configs: {torch.nn.modules.linear.Linear: {op_type_config: {linear: *C}}}
      """
    let found = try assignment(text)
    func dtype(_ name: TensorName) -> String? {
      found.weightSpec(forModuleOf: name).map { "\($0.0.dtype), \($0.1)" }
    }
    #expect(dtype("layers.0.q.bias") == "uint8, module_name_configs \"layers.0.q\"")
    #expect(
      dtype("layers.1.q.bias")
        == "int4, module_type_configs \"torch.nn.modules.linear.Linear\", op_type_config \"linear\""
    )
    #expect(dtype("layers.0.norm.weight") == "int8, global_config")
    #expect(dtype("embedding.extra") == nil)
    let up = try #require(found.weightSpec(forModuleOf: "layers.1.up.other"))
    #expect(up.0.granularity == .perChannel(axis: 1))
    let bias = try #require(found.weightSpec(forModuleOf: "layers.1.up.bias"))
    #expect(bias.0.granularity == .perChannel(axis: nil))
  }

  @Test func `a decision says which rule made it`() throws {
    let found = try assignment(
      """
        global_config: {op_state_spec: {'*': *a, bias: null}}
        module_name_configs: {'layers\\.1\\..*': *B}
      """)
    let a = try QuantizationSpec(granularity: .perTensor)
    #expect(found.decision(for: "scale") == .spec(a, rule: .global, takesVectors: false))
    #expect(found.decision(for: "layers.0.q.bias") == .off(.global))
    let rule = ConfigurationRule.moduleName("layers\\.1\\..*")
    #expect(found.decision(for: "layers.1.up.bias") == .none(rule))
    #expect("\(rule)" == #"module_name_configs "layers\.1\..*""#)
  }

  @Test func `rules that met nothing are told, in the order of the levels`() throws {
    let text = """
        global_config: {op_type_config: {linear: null, conv2d: *B, softmax: null}}
        module_type_configs:
          m.Block: {op_type_config: {conv_transpose2d: *B, embedding: *B}}
          m.Other: {op_type_config: {linear: *B}}
          torch.nn.modules.activation.ReLU: null
        module_name_configs:
          layers: *A
          layers.*: {op_name_config: {linear_2: null}}
          decoder: null
          layers.1.act: null
          'layers.2': *A
      """
    let typed = try assignment(text).unmatched.map(\.description)
    #expect(
      typed == [
        #"global_config, op_type_config "linear""#, #"global_config, op_type_config "conv2d""#,
        // All blocks are matched by name, so this says nothing of any.
        #"module_type_configs "m.Block", op_type_config "conv_transpose2d""#,
        #"module_type_configs "m.Block", op_type_config "embedding""#,
        #"module_type_configs "m.Other""#,
        #"module_type_configs "m.Other", op_type_config "linear""#,
        #"module_name_configs "layers.*", op_name_config "linear_2""#,
        #"module_name_configs "decoder""#, #"module_name_configs "layers.2""#,
      ])
    let untyped = try assignment(text, typed: false).unmatched.map(\.description)
    #expect(untyped.contains(#"module_type_configs "m.Block""#))
    #expect(untyped.contains(#"module_name_configs "layers.1.act""#))
    #expect(!untyped.contains(#"module_name_configs "layers""#))
  }

  @Test func `a name that lies too deep is refused only where patterns ask for it`() throws {
    let deep = String(repeating: "a.", count: 300)
    let names = [TensorName(deep + "weight")]
    let error = #expect(throws: ConfigurationError.self) {
      try assignment("  module_name_configs: {a: null}", typed: false, names: names)
    }
    #expect(error == .nestedName(TensorName(String(deep.dropLast()))))
    let found = try assignment("  global_config: *A", typed: false, names: names)
    #expect(found.weightSpec(forModuleOf: names[0]) != nil)
  }

  @Test func `a pattern that is none is named`() {
    let error = #expect(throws: ConfigurationError.self) {
      try assignment("  module_name_configs: {'(a': null}")
    }
    #expect(error == .badPattern("(a"))
  }
}
