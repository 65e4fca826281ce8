import Testing

@testable import QConvert

@Suite struct ModuleTypesTests {
  @Test func `types are found by the bytes of a name`() throws {
    let types = try ModuleTypes(json: #"{"": "m.Model", "\u00e9": "A", "e\u0301": "B"}"#.utf8)
    #expect(types[""] == "m.Model")
    #expect(types["\u{e9}"] == "A")
    #expect(types["e\u{301}"] == "B")
    #expect(types["x"] == nil)
    #expect(!types.isEmpty)
    #expect(ModuleTypes().isEmpty)
  }

  @Test(arguments: [
    ("[]", "module types are a JSON object of names and types"),
    ("null", "module types are a JSON object of names and types"),
    (#"{"a": 1}"#, "the type of module a is not a string"),
    (#"{"a": null}"#, "the type of module a is not a string"),
  ])
  func `other texts are refused`(_ text: String, _ message: String) {
    let error = #expect(throws: ModuleTypesError.self) { try ModuleTypes(json: text.utf8) }
    #expect(error.map { "\($0)" } == message)
  }

  @Test(arguments: ["", "{", #"{"a": "b", "a": "c"}"#, "{} x"])
  func `a text that is no JSON is refused as such`(_ text: String) {
    let error = #expect(throws: ModuleTypesError.self) { try ModuleTypes(json: text.utf8) }
    guard case .json = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
