import Testing

@testable import QConvert

@Suite struct ModulePatternTests {
  /// A pattern, what it matches and what it does not: as `re.fullmatch` says.
  @Test(arguments: [
    ("", [""], ["a"]), ("a", ["a"], ["", "aa", "b"]),
    ("layers.0", ["layers.0", "layersX0"], ["layers.00", "layers.0.a", "layers.", "layers0"]),
    (#"layers\.0"#, ["layers.0"], ["layersX0"]), ("a.", ["ab", "a\u{e9}"], ["a\n", "ae\u{301}"]),
    ("layers.*", ["layers", "layers.0.a", "layers0"], ["layer", "a.layers"]),
    (".*", ["", "a.b"], ["a\nb"]), (#".*\.(q|k)_proj"#, ["a.q_proj", ".k_proj"], ["a.v_proj"]),
    (#"layers\.\d+"#, ["layers.12"], ["layers.", "layers.1a"]), ("[ab]+|c", ["abba", "c"], ["ac"]),
    ("(?!.*head).*", ["body"], ["the.head"]), ("a{2,3}", ["aa", "aaa"], ["a", "aaaa"]),
    ("(?i)abc", ["ABC"], ["ABD"]), ("^a$", ["a"], ["b"]), ("a|", ["a", ""], ["b"]),
    ("\u{e9}", ["\u{e9}"], ["e", "e\u{301}"]), (#"a\Z"#, ["a"], ["ab"]),
    ("ab*c", ["ac", "abbc"], ["ab"]), ("ab?c", ["ac", "abc"], ["abb"]),
    ("ab{0,1}c", ["ac", "abc"], ["abbc"]), ("ab+c", ["abc", "abbc"], ["ac"]),
    ("(ab)?c(?:d|e)", ["cd", "abce"], ["ab"]), (#"\.a\.(?=b).*"#, [".a.bc"], [".a.c", "xaxb"]),
    (#"a\d+b"#, ["a12b"], ["ab", "a1"]), (#"[a\]b]c"#, ["]c", "ac"], ["c"]),
    (#"\x41b"#, ["Ab"], ["x41b"]),
    ("a(b(c|d)e)f", ["abcef", "abdef"], ["abf", "af"]), (#"[(]a"#, ["(a"], ["a"]),
    (#"\Aa.*b\Z"#, ["ab", "axb"], ["Aab", "abZ"]), (#"\bab\b"#, ["ab"], ["bab"]),
    ("a.*b.*a", ["aba", "axbya"], ["ab", "ba"]), ("aa.*aa", ["aaaa"], ["aaa", "aa"]),
    ("(?P<n>a)(?P=n)", ["aa"], ["ab"]), ("a/b-c:d", ["a/b-c:d"], ["a/b-c:"]),
  ])
  func `a pattern matches the whole name`(_ text: String, _ yes: [String], _ no: [String]) throws {
    let pattern = try ModulePattern(text)
    for name in yes { #expect(pattern.matches(name, Array(name.utf8)), "\(name)") }
    for name in no { #expect(!pattern.matches(name, Array(name.utf8)), "\(name)") }
  }

  @Test(arguments: [
    "(", ")", "*a", "a**", "[a", "(?<n", "[a&&b]", "[a--b]", "[[a]b]", #"\p{L}"#, #"\Qa\E"#, #"\h"#,
    #"\R"#, "(?(1)a|b)", "[b-a]",
  ])
  func `a pattern that is not one in both languages is refused`(_ text: String) {
    let error = #expect(throws: ConfigurationError.self) { try ModulePattern(text) }
    #expect(
      error.map { "\($0)" }
        == "the pattern \(text) is no regular expression that Swift and Python share")
  }
}
