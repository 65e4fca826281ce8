import Foundation
import Testing

@testable import QConvert

@Suite struct JournalTests {
  private static let first =
    #"{"format":1,"version":"0.1.0","plan":"6c62","#
    + #""inputs":[{"name":"a\n.safetensors","bytes":7,"modified":"5.000000025"}]}"#
  private static let second = #"{"finished":"b.safetensors","bytes":1099511627776}"#

  private static let header = Journal.Header(
    version: "0.1.0", plan: "6c62",
    inputs: [.init(name: "a\n.safetensors", byteCount: 7, modified: "5.000000025")])

  private func journal(_ text: String) throws -> Journal {
    try Journal(parsing: Array(text.utf8))
  }

  @Test func `lines are written as the format says`() {
    #expect(String(decoding: Self.header.line, as: UTF8.self) == Self.first)
    let line = Journal.line(finished: "b.safetensors", byteCount: 1 << 40)
    #expect(String(decoding: line, as: UTF8.self) == Self.second)
  }

  @Test func `a journal is read`() throws {
    #expect(try journal(Self.first + "\n") == Journal(header: Self.header, finished: [:]))
    let whole = try journal("\(Self.first)\n\(Self.second)\n")
    #expect(whole.header == Self.header)
    #expect(whole.finished == ["b.safetensors": 1 << 40])
  }

  @Test func `two spellings of a name are two files, the last line of a file counts`() throws {
    let lines = [("e\u{301}", 1), ("\u{e9}", 2), ("e\u{301}", 3)].map { name, count in
      String(decoding: Journal.line(finished: TensorName(name), byteCount: count), as: UTF8.self)
    }
    let journal = try journal(([Self.first] + lines).joined(separator: "\n") + "\n")
    #expect(journal.finished == ["e\u{301}": 3, "\u{e9}": 2])
  }

  @Test func `a torn last line is as if it had not been written`() throws {
    let text = "\(Self.first)\n\(Self.second)"
    for length in Self.first.utf8.count + 1...text.utf8.count {
      let torn = try Journal(parsing: Array(text.utf8.prefix(length)))
      #expect(torn.finished.isEmpty)
    }
  }

  private static let strange = "is not what a journal holds"

  private static let damaged: [(String, String)] = [
    ("", "the journal has no whole line"),
    (first, "the journal has no whole line"),
    ("\n", "line 1 of the journal: the text ends in the middle of a value"),
    ("{}\n", "line 1 of the journal \(strange)"),
    ("[1]\n", "line 1 of the journal \(strange)"),
    ("{\"format\":2,\"other\":[]}\n", "the journal has format 2, which is not known"),
    ("{\"format\":-1}\n", "line 1 of the journal \(strange)"),
    ("\(first.replacing("7", with: "-7"))\n", "line 1 of the journal \(strange)"),
    ("\(first.replacing("7", with: "1e99"))\n", "line 1 of the journal \(strange)"),
    ("\(first)\n\n", "line 2 of the journal: the text ends in the middle of a value"),
    (
      "\(first)\n{\"fin\n\(second)\n",
      "line 2 of the journal: the text ends in the middle of a value"
    ),
    ("\(first)\n\(second)\(second)\n", "line 2 of the journal: unexpected '{' at byte 50"),
    ("\(first)\n\(second)\n\(first)\n", "line 3 of the journal \(strange)"),
    ("\(first)\n{\"finished\":\"a\",\"bytes\":0.5}\n", "line 2 of the journal \(strange)"),
  ]

  @Test(arguments: damaged)
  func `damage is an error`(_ text: String, _ message: String) {
    #expect { try journal(text) } throws: { "\($0)" == message }
  }

  @Test func `bytes of all kinds never stop the reader`() {
    var random = SeededGenerator(seed: 7)
    let text = Array("\(Self.first)\n\(Self.second)\n".utf8)
    for _ in 0..<2000 {
      var bytes = text
      for _ in 0...random.below(4) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      // Either outcome is fine.
      _ = try? Journal(parsing: bytes)
    }
  }

  private typealias Input = Journal.Input

  private static func header(
    version: String = "0.1.0", plan: String = "p", _ names: String..., changed: String? = nil
  ) -> Journal.Header {
    let inputs = names.map { name in
      Input(name: TensorName(name), byteCount: 1, modified: name == changed ? "2.0" : "1.0")
    }
    return Journal.Header(version: version, plan: plan, inputs: inputs)
  }

  private static let differences: [(Journal.Header, String?)] = [
    (header("a", "b"), nil),
    (header("b", "a"), nil),
    (header(version: "0.0.9", plan: "q", "a"), "it was begun by version 0.0.9"),
    (header(plan: "q", "a", "b"), "the options changed"),
    (header(plan: "q", "a", "b", changed: "b"), "the input b changed"),
    (header("a"), "the input b is new"),
    (header("a", "b", "c"), "the input c is gone"),
  ]

  @Test(arguments: differences)
  func `what keeps a run from going on is said in words`(
    _ before: Journal.Header, _ difference: String?
  ) {
    #expect(Self.header("a", "b").difference(from: before) == difference)
  }
}
