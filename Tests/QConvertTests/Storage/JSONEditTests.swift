import Testing

@testable import QConvert

@Suite struct JSONEditTests {
  private func edited(_ text: String, _ changes: [([JSONStep], String)]) throws -> String {
    var edit = JSONEdit()
    for (place, text) in changes { edit.set(place, to: text) }
    return String(decoding: try edit.applied(to: Array(text.utf8)), as: UTF8.self)
  }

  @Test func `no changes leave the text as it is`() throws {
    let text = " { \"a\" : [ 1.0 , 2e5 ] ,\n\"b\":\"\\u00e9\" } "
    #expect(try edited(text, []) == text)
  }

  @Test(arguments: [
    ([JSONStep.member("a")], "0", #"{"a": 0, "b": [1.0, {"c": null}], "d": {}}"#),
    ([.member("b"), .element(0)], "[]", #"{"a": {"x" : 7}, "b": [[], {"c": null}], "d": {}}"#),
    (
      [.member("b"), .element(1), .member("c")], "\"é\"",
      #"{"a": {"x" : 7}, "b": [1.0, {"c": "é"}], "d": {}}"#
    ),
    (
      [.member("d"), .member("n")], "1",
      #"{"a": {"x" : 7}, "b": [1.0, {"c": null}], "d": {"n": 1}}"#
    ),
    (
      [.member("a"), .member("n")], "1",
      #"{"a": {"x" : 7, "n": 1}, "b": [1.0, {"c": null}], "d": {}}"#
    ),
    ([], "true", "true"),
  ])
  func `a value is replaced or added, and nothing else`(
    _ place: [JSONStep], _ text: String, _ expected: String
  ) throws {
    let original = #"{"a": {"x" : 7}, "b": [1.0, {"c": null}], "d": {}}"#
    #expect(try edited(original, [(place, text)]) == expected)
  }

  @Test func `several changes stand in the order of the text`() throws {
    #expect(
      try edited(
        #"[{"a":1},{"a":2}]"#,
        [
          ([.element(1), .member("a")], "x"), ([.element(0), .member("b")], "y"),
          ([.element(0), .member("a")], "z"),
        ]) == #"[{"a":z, "b": y},{"a":x}]"#)
  }

  @Test(arguments: ["{", "[1", "{} x", ""])
  func `text that is no JSON is an error`(_ text: String) {
    #expect(throws: JSONError.self) { try edited(text, [([.member("a")], "1")]) }
  }

  @Test(arguments: [
    (["a"], #"{ "b" : [2], "c":3 }"#), (["b"], #"{"a": 1, "c":3 }"#),
    (["c"], #"{"a": 1 , "b" : [2] }"#), (["a", "b"], #"{ "c":3 }"#),
    (["b", "c"], #"{"a": 1 }"#), (["a", "b", "c"], "{ }"),
    (["x"], #"{"a": 1 , "b" : [2], "c":3 }"#),
  ])
  func `members are taken away with a comma`(_ names: [String], _ expected: String) throws {
    var edit = JSONEdit()
    for name in names { edit.remove([JSONStep.member(name)]) }
    let text = #"{"a": 1 , "b" : [2], "c":3 }"#
    let edited = String(decoding: try edit.applied(to: Array(text.utf8)), as: UTF8.self)
    #expect(try JSONValue(parsing: edited.utf8) == JSONValue(parsing: expected.utf8))
    #expect(edited.filter { $0 != " " } == expected.filter { $0 != " " })
  }

  @Test func `what is added and taken away again leaves no trace`() throws {
    let text = "{\n  \"a\": 1,\n  \"b\": 2.50\n}\n"
    var adding = JSONEdit()
    adding.set([JSONStep.member("q")], to: "{}")
    let with = try adding.applied(to: Array(text.utf8))
    #expect(String(decoding: with, as: UTF8.self).hasSuffix("2.50, \"q\": {}\n}\n"))
    var removing = JSONEdit()
    removing.remove([JSONStep.member("q")])
    #expect(try removing.applied(to: with) == Array(text.utf8))
  }
}
