import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Opens broken and odd files: those on disk, and headers written here for every rule of the format.
@Suite struct HostileSafetensorsTests {
  @Test func `all files are there`() {
    #expect(HostileCase.safetensors.count == 117)
  }

  @Test(arguments: HostileCase.safetensors)
  func `a file is opened or refused as its verdict says`(_ hostile: HostileCase) throws {
    switch hostile.expected {
    case .accept:
      let checkpoint = try Checkpoint(hostile.file)
      #expect(checkpoint.tensors.count == hostile.tensors)
      // What the manifest warns of are values, and those are not read yet.
      #expect(checkpoint.warnings == [])
    case .reject:
      let error = try #require(throws: CheckpointError.self) { try Checkpoint(hostile.file) }
      #expect(error.path == hostile.file)
      #expect("\(error)".hasPrefix("\(hostile.file): "))
    }
  }

  // MARK: Headers

  struct Refused: Sendable, CustomTestStringConvertible {
    let header: String
    let dataByteCount: Int
    let reason: any Error
    let text: String
    var testDescription: String { header.count < 100 ? header : "\(header.prefix(100))…" }

    init(_ header: String, data dataByteCount: Int = 16, _ reason: any Error, _ text: String) {
      self.header = header
      self.dataByteCount = dataByteCount
      self.reason = reason
      self.text = text
    }
  }

  @Test(arguments: brokenText + brokenEntries + brokenSizes + brokenOffsets)
  func `a header that breaks a rule is refused with the rule and the numbers`(
    _ refused: Refused
  ) throws {
    let error = try #require(throws: (any Error).self) {
      try SafetensorsHeader(
        parsing: Array(refused.header.utf8), dataByteCount: refused.dataByteCount)
    }
    if let reason = refused.reason as? JSONError {
      #expect(error as? JSONError == reason)
    } else {
      #expect(error as? SafetensorsError == refused.reason as? SafetensorsError)
    }
    #expect("\(error)" == refused.text)
  }

  static let brokenText: [Refused] = [
    Refused(
      "", SafetensorsError.emptyHeader, "the header claims 0 bytes: a file that was never filled?"),
    Refused("   ", JSONError.endsEarly, "the text ends in the middle of a value"),
    Refused("{", JSONError.endsEarly, "the text ends in the middle of a value"),
    Refused(#"{"w"#, JSONError.endsEarly, "the text ends in the middle of a value"),
    Refused(
      "null", SafetensorsError.headerNotAnObject, "the header is not a JSON object"),
    Refused(
      "[]", SafetensorsError.headerNotAnObject, "the header is not a JSON object"),
    Refused(
      "\u{feff}{}", SafetensorsError.headerNotAnObject, "the header is not a JSON object"),
    Refused("{}{}", JSONError.unexpected(0x7b, at: 2), "unexpected '{' at byte 2"),
    Refused("{}\0", JSONError.unexpected(0, at: 2), "unexpected byte 0x0 at byte 2"),
    Refused("{}/**/", JSONError.unexpected(0x2f, at: 2), "unexpected '/' at byte 2"),
    Refused("{'w':1}", JSONError.unexpected(0x27, at: 1), "unexpected ''' at byte 1"),
    Refused("{\(entry()),}", JSONError.unexpected(0x7d, at: 57), "unexpected '}' at byte 57"),
    Refused(#"{"w" 1}"#, JSONError.unexpected(0x31, at: 5), "unexpected '1' at byte 5"),
    Refused(
      #"{"\ud800":1}"#, JSONError.loneSurrogate(at: 2), "half a surrogate pair at byte 2"),
    Refused(
      #"{"\ud800\u0041":1}"#, JSONError.loneSurrogate(at: 2), "half a surrogate pair at byte 2"),
    Refused(
      #"{"\udc00":1}"#, JSONError.loneSurrogate(at: 2), "half a surrogate pair at byte 2"),
    Refused(#"{"\u00g0":1}"#, JSONError.unexpected(0x67, at: 6), "unexpected 'g' at byte 6"),
    Refused("{\"\u{1}\":1}", JSONError.unexpected(1, at: 2), "unexpected byte 0x1 at byte 2"),
    Refused(
      "{\(entry()),\(entry(#"\u0077"#))}", JSONError.duplicateName("w", at: 57),
      #"the name "w" stands twice in one object, again at byte 57"#),
    Refused(
      #"{"__metadata__":{"a":"1","\u0061":"2"}}"#, data: 0, JSONError.duplicateName("a", at: 25),
      #"the name "a" stands twice in one object, again at byte 25"#),
    Refused(
      #"{"__metadata__":{},"__metadata__":{}}"#, data: 0,
      JSONError.duplicateName("__metadata__", at: 19),
      #"the name "__metadata__" stands twice in one object, again at byte 19"#),
    Refused(
      "{\(entry(more: #","x":"# + nested(126)))}", JSONError.tooDeep(at: 185),
      "more than 127 levels deep at byte 185"),
    Refused(
      #"{"__metadata__":[]}"#, data: 0, SafetensorsError.metadataNotAnObject,
      "__metadata__ is not a JSON object"),
    Refused(
      #"{"__metadata__":{"a\u001b[2J":1}}"#, data: 0,
      SafetensorsError.metadataNotText("a\u{1b}[2J"),
      #"the metadata "a\u{1B}[2J" is not a string"#),
  ]

  static let brokenEntries: [Refused] = [
    Refused(
      #"{"w":1}"#, SafetensorsError.notAnEntry("w"),
      "tensor w: its entry is not a JSON object"),
    Refused(
      #"{"w":["F32",[2,2],[0,16]]}"#, SafetensorsError.notAnEntry("w"),
      "tensor w: its entry is not a JSON object"),
    Refused(
      #"{"w":{"shape":[2,2],"data_offsets":[0,16]}}"#,
      SafetensorsError.missingField("dtype", "w"), "tensor w: no dtype"),
    Refused(
      #"{"w":{"dtype":"F32","data_offsets":[0,16]}}"#,
      SafetensorsError.missingField("shape", "w"), "tensor w: no shape"),
    Refused(
      #"{"w":{"dtype":"F32","shape":[2,2]}}"#,
      SafetensorsError.missingField("data_offsets", "w"), "tensor w: no data_offsets"),
    Refused(
      #"{"w":{"dtype":{"F32":null},"shape":[2,2],"data_offsets":[0,16]}}"#,
      SafetensorsError.malformedField("dtype", "w"), "tensor w: its dtype is not a string"),
    Refused(
      "{\(entry(dtype: "F32\\u0000"))}", SafetensorsError.unknownDType("F32\0", "w"),
      #"tensor w: unknown dtype "F32\0""#),
    Refused(
      "{\(entry(dtype: "C128"))}", SafetensorsError.unknownDType("C128", "w"),
      #"tensor w: unknown dtype "C128""#),
    Refused(
      "{\(entry(more: #","shape":[2,2]"#))}", SafetensorsError.duplicateField("shape", "w"),
      #"tensor w: "shape" stands twice"#),
    Refused(
      "{\(entry(more: #","x":1,"\u0078":1"#))}", SafetensorsError.duplicateField("x", "w"),
      #"tensor w: "x" stands twice"#),
    Refused(
      "{\(entry("a\\u001b[2J", dtype: "f32"))}",
      SafetensorsError.unknownDType("f32", "a\u{1b}[2J"),
      #"tensor a\u{1B}[2J: unknown dtype "f32""#),
  ]

  static let brokenSizes: [Refused] = [
    Refused(
      "{\(entry(shape: "[2.0,2]"))}", SafetensorsError.malformedField("shape", "w"),
      "tensor w: its shape is not a list of whole numbers >= 0"),
    Refused(
      "{\(entry(shape: "[2e0,2]"))}", SafetensorsError.malformedField("shape", "w"),
      "tensor w: its shape is not a list of whole numbers >= 0"),
    Refused(
      "{\(entry(shape: "[true]"))}", SafetensorsError.malformedField("shape", "w"),
      "tensor w: its shape is not a list of whole numbers >= 0"),
    Refused(
      "{\(entry(shape: "[[2,2]]"))}", SafetensorsError.malformedField("shape", "w"),
      "tensor w: its shape is not a list of whole numbers >= 0"),
    Refused(
      "{\(entry(shape: "[02,2]"))}", JSONError.unexpected(0x32, at: 30),
      "unexpected '2' at byte 30"),
    Refused(
      "{\(entry(shape: "[2,]"))}", SafetensorsError.malformedField("shape", "w"),
      "tensor w: its shape is not a list of whole numbers >= 0"),
    Refused(
      "{\(entry(shape: "[18446744073709551615]"))}", SafetensorsError.sizeOverflow("shape", "w"),
      "tensor w: its shape is larger than any file"),
    Refused(
      "{\(entry(shape: "[0,281474976710656]", offsets: "[0,0]"))}", data: 0,
      SafetensorsError.sizeOverflow("shape", "w"), "tensor w: its shape is larger than any file"),
    Refused(
      "{\(entry(shape: "[281474976710655,281474976710655,0]", offsets: "[0,0]"))}", data: 0,
      SafetensorsError.sizeOverflow("shape", "w"), "tensor w: its shape is larger than any file"),
    Refused(
      "{\(entry(shape: "[4294967296,4294967296]"))}", SafetensorsError.sizeOverflow("shape", "w"),
      "tensor w: its shape is larger than any file"),
    Refused(
      "{\(entry(shape: "[\(Array(repeating: "1", count: 65).joined(separator: ","))]"))}",
      SafetensorsError.rankTooHigh("w", 65), "tensor w: 65 axes; at most 64 are allowed"),
    Refused(
      "{\(entry(dtype: "F4", shape: "[3]", offsets: "[0,2]"))}", data: 2,
      SafetensorsError.notWholeBytes("w", bits: 12), "tensor w: 12 bits are not whole bytes"),
    Refused(
      "{\(entry(dtype: "F6_E2M3", shape: "[2]", offsets: "[0,2]"))}", data: 2,
      SafetensorsError.notWholeBytes("w", bits: 12), "tensor w: 12 bits are not whole bytes"),
    Refused(
      "{\(entry(shape: "[5]"))}",
      SafetensorsError.sizeMismatch("w", .float32, shape: [5], needed: 20, offsets: 0..<16),
      "tensor w: F32 [5] takes 20 bytes, its data_offsets [0, 16] hold 16"),
    Refused(
      "{\(entry(shape: "[]", offsets: "[0,0]"))}", data: 0,
      SafetensorsError.sizeMismatch("w", .float32, shape: [], needed: 4, offsets: 0..<0),
      "tensor w: F32 [] takes 4 bytes, its data_offsets [0, 0] hold 0"),
    Refused(
      "{\(entry(shape: "[0]"))}",
      SafetensorsError.sizeMismatch("w", .float32, shape: [0], needed: 0, offsets: 0..<16),
      "tensor w: F32 [0] takes 0 bytes, its data_offsets [0, 16] hold 16"),
  ]

  static let brokenOffsets: [Refused] = [
    Refused(
      "{\(entry(offsets: "[0,16,32]"))}", SafetensorsError.malformedField("data_offsets", "w"),
      "tensor w: its data_offsets are not two whole numbers >= 0"),
    Refused(
      "{\(entry(offsets: "[]"))}", SafetensorsError.malformedField("data_offsets", "w"),
      "tensor w: its data_offsets are not two whole numbers >= 0"),
    Refused(
      "{\(entry(offsets: "[-16,0]"))}", SafetensorsError.malformedField("data_offsets", "w"),
      "tensor w: its data_offsets are not two whole numbers >= 0"),
    Refused(
      "{\(entry(offsets: "[0,9223372036854775808]"))}",
      SafetensorsError.sizeOverflow("data_offsets", "w"),
      "tensor w: its data_offsets are larger than any file"),
    Refused(
      "{\(entry(offsets: "[9223372036854775791,9223372036854775807]"))}",
      SafetensorsError.sizeOverflow("data_offsets", "w"),
      "tensor w: its data_offsets are larger than any file"),
    Refused(
      "{\(entry(offsets: "[16,0]"))}", SafetensorsError.reversedOffsets("w", 16, 0),
      "tensor w: begins at 16 and ends before that, at 0"),
    Refused(
      "{\(entry("a")),\(entry("b", offsets: "[8,24]"))}", data: 24,
      SafetensorsError.overlap("b", start: 8, "a", end: 16),
      "tensor b: begins at 8, within tensor a, which ends at 16"),
    Refused(
      "{\(entry("b")),\(entry("a"))}", SafetensorsError.overlap("b", start: 0, "a", end: 16),
      "tensor b: begins at 0, within tensor a, which ends at 16"),
    Refused(
      "{\(entry("b", offsets: "[20,36]")),\(entry("a"))}", data: 36,
      SafetensorsError.hole(before: "b", from: 16, to: 20),
      "tensor b: begins at 20, but nothing covers the bytes from 16 on"),
    Refused(
      "{\(entry("a")),\(entry("b", shape: "[0]", offsets: "[8,8]"))}",
      SafetensorsError.overlap("b", start: 8, "a", end: 16),
      "tensor b: begins at 8, within tensor a, which ends at 16"),
    Refused(
      "{\(entry())}", data: 15, SafetensorsError.truncated(expected: 81, available: 80, last: "w"),
      "the file has 80 bytes, tensor w ends at byte 81: incomplete download?"),
    Refused(
      "{\(entry())}", data: 18, SafetensorsError.trailingBytes(2), "2 bytes follow the last tensor"),
    Refused("{}", data: 1, SafetensorsError.trailingBytes(1), "1 byte follows the last tensor"),
  ]

  struct Accepted: Sendable, CustomTestStringConvertible {
    let header: String
    let dataByteCount: Int
    let names: [TensorName]
    let warnings: [String]
    var testDescription: String { header.count < 100 ? header : "\(header.prefix(100))…" }

    init(
      _ header: String, data dataByteCount: Int = 16, _ names: [TensorName] = ["w"],
      warnings: [String] = []
    ) {
      self.header = header
      self.dataByteCount = dataByteCount
      self.names = names
      self.warnings = warnings
    }
  }

  @Test(arguments: oddHeaders)
  func `an odd header is read, with a warning where readers differ`(_ accepted: Accepted) throws {
    let header = try SafetensorsHeader(
      parsing: Array(accepted.header.utf8), dataByteCount: accepted.dataByteCount)
    #expect(header.tensors.map(\.name) == accepted.names)
    #expect(header.warnings == accepted.warnings)
  }

  static let oddHeaders: [Accepted] = [
    Accepted("{}", data: 0, []),
    Accepted(#"{"__metadata__":{}}"#, data: 0, []),
    Accepted(
      #"{"__metadata__":null}"#, data: 0, [], warnings: ["__metadata__ is null"]),
    Accepted(" {}", data: 0, [], warnings: ["blanks before the header's text"]),
    Accepted(
      "{}\n\t\r", data: 0, [], warnings: ["the header is padded with something other than spaces"]),
    Accepted(
      "{\(entry(more: #","x":{"y":[1e400,-0,null]}"#))}",
      warnings: [#"tensor w has an unknown field "x""#]),
    Accepted(
      "{\(entry(more: #","x":1,"y":2,"z":3"#))}",
      warnings: [#"tensor w has an unknown field "x", and 2 more such fields"#]),
    Accepted(
      "{\(entry(more: #","\u001b[2J":0"#))}",
      warnings: [#"tensor w has an unknown field "\u{1B}[2J""#]),
    Accepted(
      "{\(entry(more: #","x":"# + nested(125)))}",
      warnings: [#"tensor w has an unknown field "x""#]),
    Accepted("{ \"w\" : { \"shape\":[ 2 , 2 ],\n\"data_offsets\":[0,16],\"dtype\":\"F32\"}}"),
    Accepted("{\(entry(""))}", data: 16, [""]),
    Accepted("{\(entry("__metadata"))}", data: 16, ["__metadata"]),
    Accepted("{\(entry(#"\ud83d\ude00"#))}", data: 16, ["\u{1f600}"]),
    Accepted("{\(entry(#"a\u0000b"#))}", data: 16, ["a\0b"]),
    Accepted(
      "{\(entry("\u{e9}")),\(entry("e\u{301}", offsets: "[16,32]"))}", data: 32,
      ["\u{e9}", "e\u{301}"]),
    Accepted(
      "{\(entry("b", offsets: "[16,32]")),\(entry("a"))}", data: 32, ["b", "a"]),
    // Tensors without elements share their place with neighbours and each other.
    Accepted(
      "{\(entry("a", shape: "[0]", offsets: "[0,0]")),\(entry("b"))"
        + ",\(entry("c", shape: "[2,0]", offsets: "[16,16]"))"
        + ",\(entry("d", shape: "[0]", offsets: "[16,16]"))}", data: 16, ["a", "b", "c", "d"]),
    Accepted("{\(entry(shape: "[]", offsets: "[0,4]"))}", data: 4),
    Accepted("{\(entry(dtype: "F4", shape: "[2,3]", offsets: "[0,3]"))}", data: 3),
    Accepted("{\(entry(dtype: "F6_E3M2", shape: "[4]", offsets: "[0,3]"))}", data: 3),
    Accepted("{\(entry(shape: "[0,281474976710655]", offsets: "[0,0]"))}", data: 0),
    Accepted(
      "{\(entry(shape: "[\(Array(repeating: "1", count: 62).joined(separator: ",")),2,2]"))}"),
  ]

  @Test func `a name of a megabyte is read and shortened in messages`() throws {
    let name = String(repeating: "x", count: 1 << 20)
    let header = try SafetensorsHeader(
      parsing: Array("{\(Self.entry(name))}".utf8), dataByteCount: 16)
    #expect(header.tensors[0].name.string == name)
    let error = try #require(throws: SafetensorsError.self) {
      try SafetensorsHeader(
        parsing: Array("{\(Self.entry(name, dtype: "F128"))}".utf8), dataByteCount: 16)
    }
    #expect("\(error)".utf8.count < 300)
  }

  // MARK: Whole files

  struct RefusedFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let text: String

    init(_ name: String, _ bytes: [UInt8], _ text: String) {
      testDescription = name
      self.bytes = bytes
      self.text = text
    }
  }

  @Test(arguments: brokenFiles)
  func `a file that is no safetensors file is refused by what it is`(
    _ refused: RefusedFile
  ) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(refused.bytes, to: "model")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(path) }
    #expect("\(error)" == "\(path): \(refused.text)")
  }

  static let brokenFiles: [RefusedFile] =
    [
      RefusedFile(
        "empty", [], "0 bytes are too few for a safetensors file, whose header takes 8 at least"),
      RefusedFile(
        "7 bytes", [1, 2, 3, 4, 5, 6, 7],
        "7 bytes are too few for a safetensors file, whose header takes 8 at least"),
      RefusedFile(
        "longest length", Array(repeating: 0xff, count: 16),
        "the header claims 18446744073709551615 bytes; at most 100000000 are allowed: not a safetensors file?"
      ),
      RefusedFile(
        "length of -7", [0xf9] + Array(repeating: 0xff, count: 15),
        "the header claims 18446744073709551609 bytes; at most 100000000 are allowed: not a safetensors file?"
      ),
      RefusedFile(
        "big-endian length", [0, 0, 0, 0, 0, 0, 0, 2] + Array("{}".utf8),
        "the header claims 144115188075855872 bytes; at most 100000000 are allowed: not a safetensors file?"
      ),
      RefusedFile(
        "length one over the limit", [0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0] + Array("{}".utf8),
        "the header claims 100000001 bytes; at most 100000000 are allowed: not a safetensors file?"),
      RefusedFile(
        "length at the limit", [0x00, 0xe1, 0xf5, 0x05, 0, 0, 0, 0] + Array("{}".utf8),
        "the header claims 100000000 bytes, the file has 2 left: incomplete download?"),
      RefusedFile(
        "not UTF-8", [6, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8) + [0xff] + Array("\":1".utf8),
        "in the header, the string at byte 2 is not UTF-8"),
    ]
    + [
      (
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        ForeignFormat.gitLFSPointer
      ),
      ("version", nil),
      ("<!DOCTYPE html><html></html>", .html),
      ("<html lang=\"en\">", .html),
      (#"{"weight_map": {}}"#, .json),
    ].map { text, format in
      RefusedFile(
        text, Array(text.utf8),
        format.map { "\($0)" }
          ?? "7 bytes are too few for a safetensors file, whose header takes 8 at least")
    }
    + [
      ("zip", [0x50, 0x4b, 3, 4, 0x14, 0, 0, 0, 8, 0], ForeignFormat.zip),
      ("zip of version 0", [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0], .zip),
      ("gzip without a time", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3], .gzip),
      ("gzip with a time", [0x1f, 0x8b, 8, 8, 0x65, 0x43, 0x21, 0x60, 0, 3], .gzip),
      ("pickle of protocol 2", [0x80, 2, 0x7d, 0x71, 0, 0x58, 1, 0, 0, 0], .pickle),
      ("pickle of protocol 4", [0x80, 4, 0x95, 5, 0, 0, 0, 0, 0, 0, 0, 0x7d], .pickle),
      ("short pickle", [0x80, 4, 0x4e, 0x2e], .pickle),
      ("NumPy", [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0], .numpy),
    ].map { name, bytes, format in RefusedFile(name, bytes, "\(format)") }

  @Test func `a long header that begins like another format is read`() throws {
    // 0x8b1f bytes of text: the file begins with the signature of gzip.
    let text = "{\(Self.entry())}"
    let padding = String(repeating: " ", count: 0x08_8b1f - text.utf8.count)
    let directory = try TemporaryDirectory()
    let bytes = SafetensorsFile.bytes(header: text + padding, data: Array(repeating: 0, count: 16))
    #expect(bytes.starts(with: [0x1f, 0x8b, 8]))
    let path = try directory.write(bytes, to: "model.safetensors")
    #expect(try Checkpoint(path).tensors.count == 1)
    // Cut short it is an incomplete download.
    let cut = try directory.write(Array(bytes.prefix(100)), to: "cut.safetensors")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(cut) }
    #expect("\(error)".hasSuffix("incomplete download?"))
  }

  // MARK: Support

  /// An entry of a header: 16 bytes of F32 called w unless said otherwise.
  private static func entry(
    _ name: String = "w", dtype: String = "F32", shape: String = "[2,2]",
    offsets: String = "[0,16]", more: String = ""
  ) -> String {
    #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)\#(more)}"#
  }

  /// Arrays within each other.
  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }
}
