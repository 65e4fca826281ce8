import Foundation
import Testing

@testable import QConvert

@Suite struct JSONValueTests {
  private func random(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
    switch random.below(depth > 0 ? 7 : 5) {
    case 0: .null
    case 1: .bool(random.below(2) == 0)
    case 2: .number(Double(random.below(1_000_000)) - 500_000)
    case 3: .number(Double(random.finiteFloat()) * 1.1)
    case 4:
      .string(
        random.pick(["", "a", "\"\\/", "\u{0}\u{1f}\u{7f}\n\t", "é", "e\u{301}", "😀", "\u{2028}"]))
    case 5: .array((0..<random.below(4)).map { _ in self.random(&random, depth: depth - 1) })
    default:
      .object(
        (0..<random.below(4)).map {
          .init(name: "é\"\n\($0)", value: self.random(&random, depth: depth - 1))
        })
    }
  }

  @Test(arguments: UInt64(0)..<60)
  func `what is written reads back the same`(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let value = random(&generator, depth: 4)
    #expect(try JSONValue(parsing: value.description.utf8) == value)
    for depth in [0, 1, 2, Int.max] {
      #expect(try JSONValue(parsing: value.indented(depth: depth).utf8) == value)
    }
    // Another reader takes it too.
    #expect(throws: Never.self) {
      try JSONSerialization.jsonObject(
        with: Data(value.indented().utf8), options: [.fragmentsAllowed])
    }
  }

  @Test func `escapes are resolved`() throws {
    let text = #""\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00\u0000\uABcd""#
    let value = try JSONValue(parsing: text.utf8)
    #expect(value == .string("\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{20ac}\u{1f600}\u{0}\u{abcd}"))
  }

  @Test func `the members of an object keep their order`() throws {
    let value = try JSONValue(parsing: #" { "b" : [ 1 , true , null ] , "a" : -2.5e1 } "#.utf8)
    #expect(value.members?.map(\.name) == ["b", "a"])
    #expect(value["b"] == .array([.number(1), .bool(true), .null]))
    #expect(value["a"]?.integer == -25)
    #expect(value["c"] == nil)
    #expect(value.description == #"{"b":[1,true,null],"a":-25}"#)
  }

  @Test func `indentation ends at the depth asked for`() {
    let value = JSONValue.object(["a": .array([.integer(1), .object(["b": .null])]), "c": nil])
    #expect(value.indented(depth: 0) == #"{"a": [1, {"b": null}]}"#)
    #expect(value.indented(depth: 1) == "{\n  \"a\": [1, {\"b\": null}]\n}")
    #expect(
      value.indented(depth: 2) == "{\n  \"a\": [\n    1,\n    {\"b\": null}\n  ]\n}")
    #expect(JSONValue.array([]).indented() == "[]")
  }

  @Test func `only whole numbers are integers`() {
    #expect(JSONValue.number(3).integer == 3)
    for value in [JSONValue.number(2.5), .number(1e300), .number(.infinity), .string("3"), .null] {
      #expect(value.integer == nil)
    }
    #expect(JSONValue.number(.infinity).description == "null")
  }
}
