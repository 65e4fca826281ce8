import Testing

@testable import QConvert

/// Damages headers at random: every one is either refused in words or read so that writing it again
/// gives the same.
@Suite struct SafetensorsMutationTests {
  /// Headers with the number of bytes that they describe.
  private static let headers: [(text: String, dataByteCount: Int)] = [
    (
      #"{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"#
        + #""data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}  "#, 32
    ),
    (
      #"{"x":{"shape":[],"data_offsets":[0,8],"dtype":"I64"},"#
        + #""y":{"dtype":"F4","shape":[3,2],"data_offsets":[8,11]}}"#, 11
    ),
    (
      #"{"\u00e9":{"dtype":"U8","shape":[0,5],"data_offsets":[0,0]},"#
        + #""z":{"dtype":"BOOL","shape":[1,1,7],"data_offsets":[0,7]}}"#, 7
    ),
    (#"{"__metadata__":{"a":"\"\\\n","b":"\ud83d\ude00"}}"#, 0),
  ]

  private static let tokens = [
    "{", "}", "[", "]", "[0,0]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-",
    " ",
    "\n", "0", "1", "2", "8", "24", "32", "4294967296", "281474976710656", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "1e3", "\"dtype\"", "\"shape\":[1],",
    "\"F6_E2M3\"",
    "F64", "F16", "U8", "\"__metadata__\":{},", "\"w\":{", "\u{0}", "\u{e9}", "e\u{301}",
  ].map { Array($0.utf8) }

  @Test(arguments: [1, 2, 3])
  func `no damage to a header stops the reader`(seed: UInt64) throws {
    print("seed \(seed)")
    try damage(1000, seed: seed)
  }

  private func damage(_ count: Int, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<count {
      let header = Self.headers.randomElement(using: &random, or: ("{}", 0))
      var text = Array(header.text.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&text, &random) }
      let isRightSize = Int.random(in: 0..<4, using: &random) > 0
      let dataByteCount =
        isRightSize ? header.dataByteCount : Int.random(in: 0...64, using: &random)
      do {
        let header = try SafetensorsHeader(parsing: text, dataByteCount: dataByteCount)
        try check(header, dataByteCount, seed)
        accepted += 1
      } catch {
        #expect(error is SafetensorsError || error is JSONError, "seed \(seed): \(error)")
        let message = "\(error)"
        #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "seed \(seed)")
        let again = #expect(throws: (any Error).self, "seed \(seed)") {
          try SafetensorsHeader(parsing: text, dataByteCount: dataByteCount)
        }
        #expect(again.map { "\($0)" } == message, "seed \(seed)")
      }
    }
    // Some of the damage does no harm: to names, blanks, metadata.
    #expect(accepted > count / 100, "seed \(seed)")
  }

  private func check(
    _ header: SafetensorsHeader, _ dataByteCount: Int, _ seed: UInt64
  ) throws {
    let tensors = header.tensors.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    #expect(Set(tensors.map(\.name)).count == tensors.count, "seed \(seed)")
    #expect(tensors.reduce(0) { $0 + $1.bytes.count } == dataByteCount, "seed \(seed)")
    for tensor in tensors {
      #expect(
        tensor.elementCount * tensor.dtype.bitWidth == tensor.bytes.count * 8, "seed \(seed)")
    }
    let outline = try SafetensorsOutline(
      of: tensors.map {
        .init(name: $0.name, dtype: $0.dtype, shape: $0.shape, byteCount: $0.bytes.count)
      }, metadata: header.metadata)
    #expect(outline.byteCount == outline.header.count + dataByteCount, "seed \(seed)")
    let again = try SafetensorsHeader(
      parsing: Array(outline.header.dropFirst(8)), dataByteCount: dataByteCount)
    #expect(again.warnings.isEmpty, "seed \(seed)")
    #expect(again.metadata == header.metadata, "seed \(seed)")
    let matches = zip(again.tensors, zip(tensors, outline.places)).allSatisfy { new, old in
      new.name == old.0.name && new.dtype == old.0.dtype && new.shape == old.0.shape
        && new.bytes == old.1
    }
    #expect(matches && again.tensors.count == tensors.count, "seed \(seed)")
  }

  private static func mutate(_ text: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...text.count, using: &random)
    let length = Int.random(in: 0...min(12, text.count - place), using: &random)
    let range = place..<place + length
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where place < text.count: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: text.insert(contentsOf: tokens.randomElement(using: &random, or: []), at: place)
    case 2: text.removeSubrange(range)
    case 3: text.insert(contentsOf: Array(text[range]), at: place)
    case 4:
      text.replaceSubrange(range, with: tokens.randomElement(using: &random, or: []))
    default:
      // A digit for another: the damage that arithmetic has to notice.
      let digits = text.indices.filter { 0x30...0x39 ~= text[$0] }
      guard let digit = digits.randomElement(using: &random) else { return }
      text[digit] = UInt8.random(in: 0x30...0x39, using: &random)
    }
  }
}

extension Array {
  fileprivate func randomElement(
    using random: inout SeededGenerator, or fallback: Element
  ) -> Element {
    randomElement(using: &random) ?? fallback
  }
}
