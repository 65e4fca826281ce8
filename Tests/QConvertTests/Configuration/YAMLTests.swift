import Testing

@testable import QConvert

@Suite struct YAMLTests {
  /// What PyYAML 6 reads from the same text.
  private static let scalars: [(String, JSONValue)] = [
    ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null),
    ("nULL", .string("nULL")), ("'~'", .string("~")), ("''", .string("")),
    ("yes", .bool(true)), ("On", .bool(true)), ("TRUE", .bool(true)), ("no", .bool(false)),
    ("Off", .bool(false)), ("oFF", .string("oFF")), ("y", .string("y")), ("'no'", .string("no")),
    ("0", .number(0)), ("+12", .number(12)), ("-7", .number(-7)), ("1_000", .number(1000)),
    ("1__0", .number(10)), ("_1", .string("_1")), ("0_", .number(0)), ("017", .number(15)),
    ("089", .string("089")), ("0o17", .string("0o17")), ("0b11", .number(3)),
    ("-0b1", .number(-1)), ("+0x1F", .number(31)), ("0xg", .string("0xg")),
    ("1:30", .number(90)), ("190:20:30", .number(685_230)), ("0:0", .string("0:0")),
    ("60:99", .string("60:99")), ("190:20:30.15", .number(685_230.15)),
    (".5", .number(0.5)), ("+.5", .string("+.5")), ("-.5", .string("-.5")), ("1.", .number(1)),
    ("0.", .number(0)), ("-1.25", .number(-1.25)), (".", .string(".")), ("._5", .string("._5")),
    ("1e3", .string("1e3")), ("1.0e3", .string("1.0e3")), ("1.0e+3", .number(1000)),
    ("1.5E+3", .number(1500)), ("1.5e-3", .number(0.0015)), ("1.5e+", .string("1.5e+")),
    (".inf", .number(.infinity)), ("-.Inf", .number(-.infinity)), (".iNf", .string(".iNf")),
    ("1.2.3", .string("1.2.3")), ("model.layers.0", .string("model.layers.0")),
    ("!!str 1", .string("1")), ("!!int '3'", .number(3)), ("!!float 3", .number(3)),
    ("!!bool yes", .bool(true)), ("!!null x", .null), ("! 1", .number(1)),
    ("|\n  a\n  b", .string("a\nb\n")), ("\"\\u00e9\"", .string("\u{e9}")),
  ]

  @Test(arguments: scalars)
  func `a scalar stands for what PyYAML makes of it`(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONValue(yaml: "a: \(text)\n") == .object([.init(name: "a", value: value)]))
  }

  @Test func `not a number is a number`() throws {
    let value = try JSONValue(yaml: "a: .nan")["a"]?.number
    #expect(value?.isNaN == true)
  }

  /// A text and what it means as JSON, whose members stand in order.
  @Test(arguments: [
    ("{b: 1, a: [x, {c: }]}", #"{"b":1,"a":["x",{"c":null}]}"#),
    ("0: a\n1.10: b\n-3: c\n'2': d", #"{"0":"a","1.10":"b","-3":"c","2":"d"}"#),
    ("a: &x {p: 1}\nb: *x\nc: [*x, *x]", #"{"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]}"#),
    ("a: &x 1\nb: *x", #"{"a":1,"b":1}"#),
    ("a: {<<: {p: 1, q: 2}, q: 3}", #"{"a":{"p":1,"q":3}}"#),
    ("<<: {a: 1}\nb: 2\na: 3", #"{"a":3,"b":2}"#),
    ("a: 1\n<<: [{a: 5, b: 6}, {b: 7, c: 8}]", #"{"b":6,"c":8,"a":1}"#),
    ("a: 1\n'<<': 2", #"{"a":1,"<<":2}"#),
    ("%YAML 1.1\n---\na: 1\n...\n", #"{"a":1}"#), ("a: !!map {b: !!seq [1]}", #"{"a":{"b":[1]}}"#),
    ("", "null"), ("# nothing\n", "null"), ("- 1\n- 2", "[1,2]"), ("text", #""text""#),
  ])
  func `values keep their order, aliases and merged mappings are written out`(
    _ text: String, _ json: String
  ) throws {
    let value = try JSONValue(yaml: text)
    #expect(value == (try JSONValue(parsing: json.utf8)), "\(value)")
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3", "line 3: the key a is there twice"),
    ("a: 1\n'a': 3", "line 2: the key a is there twice"),
    ("1: a\n'1': b", "line 2: the key 1 is there twice"),
    ("<<: {a: 1}\n<<: {b: 1}", "line 2: the key << is there twice"),
    ("a: 1\n---\nb: 1", "line 2: a second document"),
    ("a: *x", "line 1: no anchor &x before the alias"),
    ("a: &x [*x]", "line 1: no anchor &x before the alias"),
    ("a: &x 1\nb: &x 2", "line 2: a second anchor &x"),
    ("a: 1\n? [1, 2]\n: 3", "line 2: a key that is not plain text"),
    ("a: &x b\n*x : 1", "line 2: a key that is not plain text"),
    ("a: 1\ntrue: 1", "line 2: a key that is not plain text"),
    ("a: 1\n~: 1", "line 2: a key that is not plain text"),
    ("a:\n  <<: 1", "line 2: << takes a mapping or a list of mappings"),
    ("a:\n  <<: [{b: 1}, 2]", "line 2: << takes a mapping or a list of mappings"),
    ("a: !!set {b}", "line 1: the tag tag:yaml.org,2002:set"),
    ("a: !x [b]", "line 1: the tag !x"),
    ("a: !!int b", "line 1: a scalar that its tag tag:yaml.org,2002:int does not allow"),
    (
      "a: !!python/none x",
      "line 1: a scalar that its tag tag:yaml.org,2002:python/none does not allow"
    ),
    ("a: 1\nb: [1, 2", "line 3: did not find expected ',' or ']'"),
    ("a: b: c", "line 1: mapping values are not allowed in this context"),
    ("a: 1\n\tb: 2", "line 2: found a tab character that violates indentation"),
    ("a: 1\nb: \u{1}", "line 2: control characters are not allowed"),
    ("a: \"\\ud800\"", "line 1: found invalid Unicode character escape code"),
  ])
  func `what is wrong is told with its line`(_ text: String, _ message: String) {
    let error = #expect(throws: ConfigurationError.self) { try JSONValue(yaml: text) }
    #expect(error.map { "\($0)" } == message)
  }

  @Test func `keys compare as bytes`() throws {
    #expect(try JSONValue(yaml: "\u{e9}: 1\ne\u{301}: 2").members?.count == 2)
  }

  @Test func `aliases of aliases are counted as if written out`() throws {
    let lists = (1...9).map { level in
      "a\(level): &a\(level) ["
        + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]"
    }
    let bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + lists.joined(separator: "\n")
    #expect(throws: ConfigurationError.yaml("too large with its aliases", line: 7)) {
      try JSONValue(yaml: bomb)
    }
    #expect(throws: ConfigurationError.yaml("a key that is not plain text", line: 5)) {
      try JSONValue(
        yaml: bomb.split(separator: "\n").prefix(4).joined(separator: "\n") + "\n? *a3\n: 1")
    }
  }

  @Test(arguments: ["[", "{a: ", "- ", "[*x, "])
  func `nesting is bounded`(_ opening: String) {
    for depth in [65, 900, 100_000] {
      let text = "- &x 1\n- " + String(repeating: opening, count: depth)
      let error = #expect(throws: ConfigurationError.self) { try JSONValue(yaml: text) }
      #expect(error == .yaml("nested too deeply", line: 2))
    }
  }

  @Test func `aliases nest as deep as what they stand for`() {
    let text =
      "- &a " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
      + "\n- " + String(repeating: "[", count: 40) + "*a" + String(repeating: "]", count: 40)
    #expect(throws: ConfigurationError.yaml("nested too deeply", line: 2)) {
      try JSONValue(yaml: text)
    }
  }

  @Test func `random damage is an error or a value, never worse`() {
    var random = SeededGenerator(seed: 7)
    let base = Array(
      "a: &x {b: [1, 'c', \"\\u00e9\"], <<: {d: ~}}\ne: *x\n? f\n: !!str |\n  g\n".utf8)
    let alphabet = Array("&*!|>{}[],:?-#%@`'\"\\ \n\t~<0aé".utf8)
    for _ in 0..<3000 {
      var text = base
      for _ in 0...random.below(4) {
        let place = random.below(text.count)
        switch random.below(3) {
        case 0: text[place] = random.pick(alphabet)
        case 1: text.insert(random.pick(alphabet), at: place)
        default: text.remove(at: place)
        }
      }
      _ = try? JSONValue(yaml: String(decoding: text, as: UTF8.self))
    }
  }
}
