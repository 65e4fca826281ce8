import Testing

@testable import QConvert

@Suite struct JSONReaderTests {
  /// A text and the first rule that it breaks.
  struct Case: Sendable, CustomTestStringConvertible {
    let text: [UInt8]
    let error: JSONError

    var testDescription: String { String(decoding: text, as: UTF8.self).debugDescription }

    init(_ text: String, _ error: JSONError) {
      self.text = Array(text.utf8)
      self.error = error
    }

    init(bytes: [UInt8], _ error: JSONError) {
      text = bytes
      self.error = error
    }

    static func unexpected(_ text: String, _ character: Unicode.Scalar, at offset: Int) -> Case {
      Case(text, .unexpected(UInt8(ascii: character), at: offset))
    }

    static let structure = [
      Case("", .endsEarly), Case("  ", .endsEarly), Case("{", .endsEarly),
      Case(#"{"a""#, .endsEarly), Case(#"{"a":"#, .endsEarly), Case(#"{"a":1"#, .endsEarly),
      Case(#"{"a":1,"#, .endsEarly), Case("[1", .endsEarly), Case("[1,", .endsEarly),
      Case(#""abc"#, .endsEarly), Case(#""abc\"#, .endsEarly), Case(#""\u12"#, .endsEarly),
      unexpected("1 2", "2", at: 2), unexpected("{} {", "{", at: 3),
      unexpected("[1,]", "]", at: 3), unexpected("[,1]", ",", at: 1),
      unexpected("[1 2]", "2", at: 3), unexpected(#"{"a":1,}"#, "}", at: 7),
      unexpected("{a:1}", "a", at: 1), unexpected("{'a':1}", "'", at: 1),
      unexpected(#"{"a" 1}"#, "1", at: 5), unexpected("{1:1}", "1", at: 1),
      unexpected("// c\n1", "/", at: 0), unexpected("]", "]", at: 0),
      unexpected("[1}", "}", at: 2),
      Case(bytes: [0xef, 0xbb, 0xbf, 0x31], .unexpected(0xef, at: 0)),
      Case(bytes: [0x31, 0], .unexpected(0, at: 1)),
      Case("\u{a0}1", .unexpected(0xc2, at: 0)),
    ]

    static let scalars = [
      unexpected("nul", "n", at: 0), unexpected("True", "T", at: 0),
      unexpected("NaN", "N", at: 0), unexpected("Infinity", "I", at: 0),
      unexpected("truex", "x", at: 4), unexpected("01", "1", at: 1),
      unexpected("+1", "+", at: 0), unexpected(".5", ".", at: 0), Case("1.", .endsEarly),
      Case("-", .endsEarly), Case("1e", .endsEarly), Case("1e+", .endsEarly),
      unexpected("1.e3", "e", at: 2), unexpected("-a", "a", at: 1),
      unexpected("0x10", "x", at: 1), unexpected("1_000", "_", at: 1),
    ]

    static let strings = [
      Case("\"a\nb\"", .unexpected(0x0a, at: 2)), Case("\"\0\"", .unexpected(0, at: 1)),
      unexpected(#""\x41""#, "x", at: 2), unexpected(#""\'""#, "'", at: 2),
      unexpected(#""\U0041""#, "U", at: 2), unexpected(#""\u00g0""#, "g", at: 5),
      unexpected(#""\u+123""#, "+", at: 3),
      Case(bytes: [0x22, 0xff, 0x22], .invalidUTF8(at: 1)),
      // An overlong slash, a surrogate in UTF-8, a sequence cut short, and 0x110000.
      Case(bytes: [0x22, 0xc0, 0xaf, 0x22], .invalidUTF8(at: 1)),
      Case(bytes: [0x22, 0xed, 0xa0, 0x80, 0x22], .invalidUTF8(at: 1)),
      Case(bytes: [0x22, 0xe2, 0x82, 0x22], .invalidUTF8(at: 1)),
      Case(bytes: [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8(at: 1)),
      Case(#""\ud800""#, .loneSurrogate(at: 1)), Case(#""a\udc00""#, .loneSurrogate(at: 2)),
      Case(#""\ud800\u0041""#, .loneSurrogate(at: 1)),
      Case(#""\ud800\ud800""#, .loneSurrogate(at: 1)),
      Case(#""\ud800\n""#, .loneSurrogate(at: 1)),
    ]

    static let names = [
      Case(#"{"a":1,"a":2}"#, .duplicateName("a", at: 7)),
      Case(#"{"a":1,"\u0061":2}"#, .duplicateName("a", at: 7)),
      Case(#"{"b":{"a":1,"a":2}}"#, .duplicateName("a", at: 12)),
      Case(#"{"":1,"":2}"#, .duplicateName("", at: 6)),
      Case(#"{"/":1,"\/":2}"#, .duplicateName("/", at: 7)),
      Case(#"{"😀":1,"\ud83d\ude00":2}"#, .duplicateName("😀", at: 10)),
    ]
  }

  @Test(arguments: Case.structure + Case.scalars + Case.strings + Case.names)
  func `what is not JSON is an error at its place`(_ test: Case) {
    #expect(throws: test.error) { try JSONValue(parsing: test.text) }
    #expect(throws: test.error) {
      var reader = JSONReader(test.text)
      try reader.skipValue()
      try reader.expectEnd()
    }
  }

  @Test func `names that Unicode calls equal are two names`() throws {
    let value = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}".utf8)
    #expect(value.members?.count == 2)
    #expect(value["\u{e9}"]?.number == 1)
    #expect(value["e\u{301}"]?.number == 2)
    #expect(value["e"] == nil)
  }

  @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
  func `nesting is bounded`(_ open: String, _ close: String) throws {
    func text(_ depth: Int) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    let limit = JSONReader.depthLimit
    #expect(limit == 127)
    #expect(throws: Never.self) { try JSONValue(parsing: text(limit).utf8) }
    #expect(throws: JSONError.tooDeep(at: limit * open.utf8.count)) {
      try JSONValue(parsing: text(limit + 1).utf8)
    }
    #expect(throws: JSONError.tooDeep(at: limit * open.utf8.count)) {
      try JSONValue(parsing: String(repeating: open, count: 1_000_000).utf8)
    }
    // Depth is left again: siblings do not add up.
    let siblings = "[" + Array(repeating: text(limit - 1), count: 3).joined(separator: ",") + "]"
    #expect(throws: Never.self) { try JSONValue(parsing: siblings.utf8) }
  }

  @Test(arguments: [("0", 0), ("7", 7), ("9223372036854775807", Int.max), (" 12 ", 12)])
  func `a size is digits`(_ text: String, _ size: Int) throws {
    var reader = JSONReader(Array(text.utf8))
    #expect(try reader.readSize() == size)
    try reader.expectEnd()
  }

  @Test(arguments: [
    ("-1", JSONError.notASize(at: 0)), ("1.0", .notASize(at: 0)), (" 1e3", .notASize(at: 1)),
    (#""5""#, .notASize(at: 0)), ("null", .notASize(at: 0)), ("", .endsEarly),
    ("9223372036854775808", .sizeTooLarge(at: 0)),
    ("99999999999999999999999999", .sizeTooLarge(at: 0)),
  ])
  func `anything else is no size`(_ text: String, _ error: JSONError) {
    var reader = JSONReader(Array(text.utf8))
    #expect(throws: error) { try reader.readSize() }
  }
}
