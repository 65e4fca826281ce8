import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Opens GGUF files that break the rules of the format, one by one.
@Suite struct HostileGGUFTests {
  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let reason: GGUFError

    init(_ what: String, _ bytes: [UInt8], _ reason: GGUFError) {
      testDescription = what
      self.bytes = bytes
      self.reason = reason
    }
  }

  @Test(arguments: starts + pairs + arrays + tensors + places)
  func `a file that breaks a rule is refused with the rule and the numbers`(
    _ refused: Refused
  ) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(refused.bytes, to: "hostile.gguf")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(path) }
    #expect(error.reason as? GGUFError == refused.reason)
    #expect("\(error)" == "\(path): \(refused.reason)")
    #expect(!"\(refused.reason)".contains("\n"))
  }

  @Test(arguments: allowed)
  func `a file that is odd is read`(_ what: String, _ bytes: [UInt8]) throws {
    let directory = try TemporaryDirectory()
    _ = try Checkpoint(directory.write(bytes, to: "odd.gguf"))
  }

  @Test func `a file cut short anywhere is refused`() throws {
    let whole = try Fixtures.gguf.appending("aligned.gguf").fileBytes
    let directory = try TemporaryDirectory()
    // The last tensor has 24 bytes, and padding behind them that may be missing.
    for count in 4..<whole.count - (128 - 24) {
      let path = try directory.write(Array(whole.prefix(count)), to: "cut.gguf")
      #expect(throws: CheckpointError.self, "\(count) bytes") { try Checkpoint(path) }
    }
  }

  @Test func `random changes never trap`() throws {
    let whole = try Fixtures.gguf.appending("types.gguf").fileBytes
    var random = SeededGenerator(seed: 7)
    let directory = try TemporaryDirectory()
    for _ in 0..<2000 {
      // The tokens of 80 kB in the middle are no place for surprises.
      var bytes = Array(whole.prefix(3600)) + whole.suffix(5000)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 4..<bytes.count, using: &random)
        bytes[index] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      }
      let path = try directory.write(bytes, to: "changed.gguf")
      do {
        _ = try Checkpoint(path)
      } catch is CheckpointError {}
    }
  }

  // MARK: Cases

  private typealias B = GGUFBytes

  static let starts: [Refused] = [
    Refused("signature only", Array("GGUF".utf8), .endsEarly(.start, available: 4)),
    Refused(
      "no counts", Array("GGUF".utf8) + B.number(UInt32(3)), .endsEarly(.start, available: 8)),
    Refused("version 0", B.file(version: 0), .unsupportedVersion(0)),
    Refused("version 1", B.file(version: 1), .unsupportedVersion(1)),
    Refused("version 4", B.file(version: 4), .unsupportedVersion(4)),
    Refused("big endian", B.file(version: 3 << 24), .bigEndian),
    Refused(
      "a pair without room", B.file(pairCount: 1), .tooManyItems(.pairs, 1, available: 0)),
    Refused(
      "pairs without end", B.file(pairCount: .max), .tooManyItems(.pairs, .max, available: 0)),
    Refused(
      "tensors without end", B.file(tensorCount: .max, data: 40),
      .tooManyItems(.tensors, .max, available: 48)),
    Refused(
      "tensors, one too many", B.file(tensorCount: 3, data: 40),
      .tooManyItems(.tensors, 3, available: 48)),
  ]

  static let pairs: [Refused] = [
    Refused(
      "a key longer than the file", B.file(pairs: [B.number(UInt64(100)) + B.text("abcd")]),
      .endsEarly(.pair(index: 0), available: 44)),
    Refused(
      "a key longer than any", B.file(pairs: [B.number(UInt64.max) + B.text("abcd")]),
      .nameTooLong(.pair(index: 0), .max)),
    Refused(
      "a key of 64 KiB and a byte",
      B.file(pairs: [B.pair(String(repeating: "k", count: 65537), 0, [1])]),
      .nameTooLong(.pair(index: 0), 65537)),
    Refused(
      "a key that is not UTF-8",
      B.file(pairs: [B.number(UInt64(2)) + [0x6b, 0xff] + B.number(UInt32(0)) + [1]]),
      .notUTF8(.pair(index: 0))),
    Refused("an empty key", B.file(pairs: [B.pair("", 2, [1, 0])]), .emptyKey(index: 0)),
    Refused(
      "a key that stands twice", B.file(pairs: [B.pair("k", 0, [1]), B.pair("k", 7, [1])]),
      .duplicateKey("k")),
    Refused(
      "type 13", B.file(pairs: [B.pair("k", 13, [1, 1, 1, 1])]), .unknownValueType("k", 13)),
    Refused(
      "a type without end", B.file(pairs: [B.pair("k", .max, [1])]),
      .unknownValueType("k", .max)),
    Refused(
      "a value cut short", B.file(pairs: [B.pair("k", 10, [1, 2, 3, 4])]),
      .endsEarly(.value("k"), available: 41)),
    Refused("a boolean of 2", B.file(pairs: [B.pair("k", 7, [2])]), .notBoolean("k", 2)),
    Refused(
      "a text longer than the file", B.file(pairs: [B.pair("k", 8, B.number(UInt64(9)) + [65])]),
      .endsEarly(.value("k"), available: 46)),
    Refused(
      "a text longer than any", B.file(pairs: [B.pair("k", 8, B.number(UInt64.max))]),
      .endsEarly(.value("k"), available: 45)),
    Refused(
      "an alignment of another type",
      B.file(pairs: [B.pair("general.alignment", 10, B.number(UInt64(32)))]),
      .malformedAlignment("32")),
    Refused(
      "an alignment of 0", B.file(pairs: [B.pair("general.alignment", 4, B.number(UInt32(0)))]),
      .malformedAlignment("0")),
    Refused(
      "an alignment of 48", B.file(pairs: [B.pair("general.alignment", 4, B.number(UInt32(48)))]),
      .malformedAlignment("48")),
    Refused(
      "an alignment in words", B.file(pairs: [B.pair("general.alignment", 8, B.text("32"))]),
      .malformedAlignment("32")),
  ]

  static let arrays: [Refused] = [
    Refused(
      "elements of type 13", B.file(pairs: [array(13, 1, [1])]), .unknownValueType("k", 13)),
    Refused(
      "more elements than any file has", B.file(pairs: [array(0, .max)]),
      .arrayTooLong("k", count: .max)),
    Refused(
      "numbers whose bytes overflow", B.file(pairs: [array(12, 1 << 61)]),
      .arrayTooLong("k", count: 1 << 61)),
    Refused(
      "numbers beyond the end", B.file(pairs: [array(4, 3, [1, 2, 3, 4])]),
      .endsEarly(.value("k"), available: 53)),
    Refused(
      "more texts than there is room", B.file(pairs: [array(8, 1 << 40)]),
      .arrayTooLong("k", count: 1 << 40)),
    Refused(
      "a text in an array that is too long",
      B.file(pairs: [array(8, 2, B.text("a") + B.number(UInt64(5)))]),
      .endsEarly(.value("k"), available: 66)),
    Refused(
      "five arrays within each other",
      B.file(
        pairs: [
          array(9, 1, inner(9, 1, inner(9, 1, inner(9, 1, inner(0, 1, [1])))))
        ]), .arrayTooDeep("k")),
  ]

  static let tensors: [Refused] = [
    Refused(
      "a name that is not UTF-8",
      B.file(
        tensors: [B.number(UInt64(1)) + [0xc3] + Array(B.tensor("", [4]).dropFirst(8))], data: 16),
      .notUTF8(.tensor(index: 0))),
    Refused(
      "a name without end", B.file(tensors: [B.number(UInt64.max) + B.tensor("w", [4])], data: 16),
      .nameTooLong(.tensor(index: 0), .max)),
    Refused(
      "an entry cut short", B.file(tensors: [B.tensor("www", [4], rank: 2).dropLast(4)]),
      .endsEarly(.tensor(index: 0), available: 55)),
    Refused(
      "a name that stands twice",
      B.file(tensors: [B.tensor("w", [4]), B.tensor("w", [4], at: 32)], data: 48),
      .duplicateTensor("w")),
    Refused(
      "five axes", B.file(tensors: [B.tensor("w", [1, 1, 1, 1, 4])], data: 16),
      .rankTooHigh("w", 5)),
    Refused(
      "axes without end", B.file(tensors: [B.tensor("w", [4], rank: .max)], data: 16),
      .rankTooHigh("w", .max)),
    Refused(
      "an axis of 2^48", B.file(tensors: [B.tensor("w", [1 << 48])], data: 16),
      .sizeOverflow("w")),
    Refused(
      "an axis of 2^64 - 1", B.file(tensors: [B.tensor("w", [.max])], data: 16),
      .sizeOverflow("w")),
    Refused(
      "a product that wraps to 0", B.file(tensors: [B.tensor("w", [1 << 32, 1 << 32])], data: 16),
      .sizeOverflow("w")),
    Refused(
      "a product hidden by a 0",
      B.file(tensors: [B.tensor("w", [0, 1 << 47, 1 << 47])], data: 16), .sizeOverflow("w")),
    Refused(
      "Q4_2, which is no more", B.file(tensors: [B.tensor("w", [32], type: 4)], data: 32),
      .unknownType("w", 4)),
    Refused(
      "type 42", B.file(tensors: [B.tensor("w", [32], type: 42)], data: 32), .unknownType("w", 42)),
    Refused(
      "a row of Q8_0 that is no whole block",
      B.file(tensors: [B.tensor("w", [33, 32], type: 8)], data: 1122),
      .notWholeBlocks("w", .q80, rowLength: 33)),
    Refused(
      "a row of Q4_K that is no whole block",
      B.file(tensors: [B.tensor("w", [128], type: 12)], data: 72),
      .notWholeBlocks("w", .q4K, rowLength: 128)),
    Refused(
      "a scalar in blocks", B.file(tensors: [B.tensor("w", [], type: 8)], data: 34),
      .notWholeBlocks("w", .q80, rowLength: 1)),
  ]

  static let places: [Refused] = [
    Refused(
      "an offset that is not aligned", B.file(tensors: [B.tensor("w", [4], at: 16)], data: 32),
      .misaligned("w", offset: 16, alignment: 32)),
    Refused(
      "an offset that the file aligns otherwise",
      B.file(
        pairs: [B.pair("general.alignment", 4, B.number(UInt32(64)))],
        tensors: [B.tensor("v", [4]), B.tensor("w", [4], at: 32)], alignment: 64, data: 48),
      .misaligned("w", offset: 32, alignment: 64)),
    Refused(
      "an offset without end",
      B.file(tensors: [B.tensor("w", [4], at: .max - 31)], data: 16), .sizeOverflow("w")),
    Refused(
      "the same place", B.file(tensors: [B.tensor("v", [4]), B.tensor("w", [4])], data: 16),
      .overlap("w", start: 0, "v", end: 16)),
    Refused(
      "a place within another",
      B.file(tensors: [B.tensor("v", [16]), B.tensor("w", [4], at: 32)], data: 64),
      .overlap("w", start: 32, "v", end: 64)),
    Refused(
      "a hole", B.file(tensors: [B.tensor("v", [4]), B.tensor("w", [4], at: 64)], data: 80),
      .hole(before: "w", from: 16, to: 64)),
    Refused(
      "a start behind the start of the data",
      B.file(tensors: [B.tensor("w", [4], at: 32)], data: 48), .hole(before: "w", from: 0, to: 32)),
    Refused(
      "a byte too few", B.file(tensors: [B.tensor("w", [4])], data: 15),
      .truncated("w", end: 16, available: 15)),
    Refused(
      "no data", B.file(tensors: [B.tensor("w", [4])]), .truncated("w", end: 16, available: 0)),
    Refused(
      "blocks cut short", B.file(tensors: [B.tensor("w", [64], type: 8)], data: 67),
      .truncated("w", end: 68, available: 67)),
    Refused(
      "bytes behind the last tensor", B.file(tensors: [B.tensor("w", [4])], data: 48),
      .trailingBytes(32)),
    Refused("bytes without a tensor", B.file(data: 32), .trailingBytes(32)),
  ]

  static let allowed: [(String, [UInt8])] = [
    ("version 2", B.file(version: 2, tensors: [B.tensor("w", [4])], data: 16)),
    ("nothing", B.file()), ("nothing, padded", B.file(data: 8)),
    ("a scalar", B.file(tensors: [B.tensor("w", [])], data: 4)),
    (
      "no elements, where another tensor is",
      B.file(tensors: [B.tensor("v", [0, 3]), B.tensor("w", [4])], data: 16)
    ),
    (
      "entries in another order than the data",
      B.file(tensors: [B.tensor("v", [4], at: 32), B.tensor("w", [4])], data: 64)
    ),
    ("a text that is no UTF-8", B.file(pairs: [B.pair("k", 8, B.number(UInt64(1)) + [0xff])])),
    (
      "four arrays within each other",
      B.file(pairs: [array(9, 1, inner(9, 1, inner(9, 1, inner(0, 2, [1, 2]))))])
    ),
    ("an empty array", B.file(pairs: [array(8, 0)])),
  ]

  private static func array(
    _ type: UInt32, _ count: UInt64, _ elements: [UInt8] = []
  ) -> [UInt8] {
    B.pair("k", 9, inner(type, count, elements))
  }

  private static func inner(_ type: UInt32, _ count: UInt64, _ elements: [UInt8]) -> [UInt8] {
    B.number(type) + B.number(count) + elements
  }
}
