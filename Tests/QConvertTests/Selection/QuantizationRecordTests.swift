import Foundation
import Testing

@testable import QConvert

@Suite struct QuantizationRecordTests {
  private func read(_ text: String) throws -> QuantizationRecord? {
    try QuantizationRecord(
      in: [
        .init(name: "format", value: "pt"),
        .init(name: QuantizationRecord.metadataName, value: text),
      ])
  }

  private static let specs: [QuantizationSpec] = {
    let specs = [
      try? QuantizationSpec(),
      try? QuantizationSpec(
        dtype: .uint4, scheme: .asymmetric, formulation: .minval,
        granularity: .perBlock(axis: 1, size: 32), floatRange: FloatRange(low: -0.1, high: nil)),
      try? QuantizationSpec(
        dtype: .int2, scheme: .symmetricWithClipping, granularity: .perBlocks([2, -1]),
        floatRange: FloatRange(low: -1e-30, high: 3)),
      try? QuantizationSpec(dtype: .float4E2M1, granularity: .perTensor),
      try? QuantizationSpec(
        dtype: .float8E5M2, granularity: .perChannel(axis: 2), scaleDType: .float8E8M0,
        qparamsCalculator: "static", rangeCalculator: "a \"range\""),
    ]
    return specs.compactMap(\.self)
  }()

  @Test func `a record reads back as it was written`() throws {
    #expect(Self.specs.count == 5)
    let names = ["a.weight", "e\u{301}", "\u{e9}", "with \"quotes\"\n", ""]
    let tensors = names.enumerated().map { index, name in
      QuantizationRecord.Tensor(
        name: TensorName(name), precision: FloatPrecision.allCases[index % 4],
        shape: [index + 1, 4096], spec: Self.specs[index])
    }
    let record = QuantizationRecord(
      layout: "native", isPacked: true, tensors: tensors)
    let found = try #require(try read(record.text))
    #expect(found.layout == "native")
    #expect(found.isPacked)
    #expect(found.tensors.map(\.name) == tensors.map(\.name))
    #expect(found.tensors.map(\.precision) == tensors.map(\.precision))
    #expect(found.tensors.map(\.shape) == tensors.map(\.shape))
    #expect(found.tensors.map(\.spec) == tensors.map(\.spec))
  }

  @Test func `views and entries read back, constants without their bytes`() throws {
    let tensor = QuantizationRecord.Tensor(
      name: "k/vars/0", precision: .float32, shape: [2, 3, 5], view: [6, 5],
      spec: try QuantizationSpec(),
      entries: [
        OutputEntry("k/vars/0", .int8, [6, 3], .quantized),
        OutputEntry("k/vars/2", .float32, [1, 5], .scale),
        OutputEntry("k/vars/3", .int8, [1, 5], .zeroPoint),
        OutputEntry("k/vars/4", .float32, [6], .constant([1, 2])),
      ])
    let record = QuantizationRecord(layout: "keras", isPacked: false, tensors: [tensor])
    let found = try #require(try read(record.text)?.tensors.first)
    #expect(found.view == [6, 5])
    #expect(
      found.entries?.map { "\($0.name) \($0.dtype) \($0.shape) \($0.content)" } == [
        "k/vars/0 I8 [6, 3] quantized", "k/vars/2 F32 [1, 5] scale",
        "k/vars/3 I8 [1, 5] zeroPoint", "k/vars/4 F32 [6] constant([])",
      ])
  }

  @Test(arguments: [
    #""view":[6,4]"#, #""view":6"#, #""view":[281474976710656,281474976710656]"#,
    #""view":[-6,-5]"#,
    #""entries":{}"#, #""entries":[1]"#, #""entries":[{"name":"a","dtype":"I8","shape":[1]}]"#,
    #""entries":[{"name":"a","dtype":"I9","shape":[1],"content":"scale"}]"#,
    #""entries":[{"name":"a","dtype":"I8","shape":[1],"content":"scales"}]"#,
    #""entries":[{"name":"a","dtype":"I8","shape":[0],"content":"scale"}]"#,
    #""entries":[{"name":"a","dtype":"I8","shape":[16777216,16777216],"content":"scale"}]"#,
  ])
  func `views and entries that are none are malformed`(_ member: String) throws {
    let record = QuantizationRecord(
      layout: "keras", isPacked: false,
      tensors: [
        .init(name: "k", precision: .float32, shape: [2, 3, 5], spec: try QuantizationSpec())
      ])
    let text = record.text.replacingOccurrences(
      of: #""spec":0"#, with: #""spec":0,\#(member)"#)
    #expect(throws: RecordError.malformed) { try read(text) }
  }

  @Test func `equal specs stand in the text once, under the reference's keys`() throws {
    let spec = try QuantizationSpec()
    let tensors = ["a", "b", "c"].map {
      QuantizationRecord.Tensor(
        name: TensorName($0), precision: .float32, shape: [1], spec: spec)
    }
    let text = QuantizationRecord(layout: "native", isPacked: false, tensors: tensors).text
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let specs = try #require(json?["specs"] as? [[String: Any]])
    #expect(specs.count == 1)
    #expect(specs[0]["qscheme"] as? String == "symmetric")
    #expect(specs[0]["qformulation"] as? String == "zp")
    #expect(specs[0]["scale_dtype"] is NSNull)
    #expect((json?["tensors"] as? [String: Any])?.keys.sorted() == ["a", "b", "c"])
  }

  @Test func `a file without the metadata has no record`() throws {
    #expect(try QuantizationRecord(in: []) == nil)
    let other = MetadataEntry(name: "Qconvert", value: "")
    #expect(try QuantizationRecord(in: [other]) == nil)
  }

  private static let good = """
    {"format_version":1,"layout":"native","packed":false,"specs":[{"dtype":"int8",\
    "qscheme":"symmetric","qformulation":"zp","granularity":{"type":"per_channel","axis":0},\
    "float_range":[null,null],"scale_dtype":null,"qparam_calculator_cls":"default",\
    "range_calculator_cls":"minmax"}],"tensors":{"a":{"dtype":"F32","shape":[2,3],"spec":0}}}
    """

  @Test func `the text that the damaged ones begin with is good`() throws {
    let record = try #require(try read(Self.good))
    #expect(record.tensors.first?.shape == [2, 3])
    #expect(record.tensors.first?.spec == (try QuantizationSpec(granularity: .perChannel(axis: 0))))
  }

  /// A part of the good text and what takes its place.
  @Test(arguments: [
    (#"{"format_version":1"#, ""), ("}}}", "}}"), ("}}}", "}}} x"),
    (#""format_version":1,"#, ""), (#""format_version":1"#, #""format_version":"1""#),
    (#""format_version":1"#, #""format_version":1.5"#), (#""layout":"native","#, ""),
    (#""layout":"native""#, #""layout":7"#), (#""packed":false,"#, ""),
    (#""packed":false"#, #""packed":0"#), (#""specs":["#, #""spec":["#),
    (#""tensors":{"#, #""tensor":{"#), (#""dtype":"int8""#, #""dtype":"int9""#),
    (#""dtype":"int8","#, ""), ("\"symmetric\"", "\"lopsided\""), (#""zp""#, #""zq""#),
    (#""per_channel""#, #""per_row""#), (#""granularity":{"#, #""g":{"#),
    (#""axis":0"#, #""block_size":2"#), (#""float_range":[null,null]"#, #""float_range":[null]"#),
    (#""float_range":[null,null],"#, ""), (#""scale_dtype":null"#, #""scale_dtype":"float8""#),
    (#""qparam_calculator_cls":"default","#, ""), (#""range_calculator_cls":"minmax""#, #""r":1"#),
    (#""dtype":"F32""#, #""dtype":"I32""#), (#""dtype":"F32","#, ""), ("[2,3]", "[2,0]"),
    ("[2,3]", "[2,-3]"), ("[2,3]", "[2,1.5]"), ("[2,3]", #"["2"]"#), ("[2,3]", "[281474976710656]"),
    ("[2,3]", "6"), (#""spec":0"#, #""spec":1"#), (#""spec":0"#, #""spec":-1"#),
    (#""spec":0"#, #""spec":0.5"#), (#","spec":0"#, ""),
    (#""tensors":{"a""#, #""tensors":{"a":1,"a""#),
  ])
  func `a damaged record is malformed`(_ part: String, _ damage: String) throws {
    let text = Self.good.replacingOccurrences(of: part, with: damage)
    try #require(text != Self.good)
    #expect(throws: RecordError.malformed) { try read(text) }
  }

  @Test(arguments: [0, 2, -1, 1_000_000])
  func `a record of another version is told by its number`(_ version: Int) {
    let text = Self.good.replacingOccurrences(
      of: #""format_version":1"#, with: #""format_version":\#(version)"#)
    #expect(throws: RecordError.unknownVersion(version)) { try read(text) }
  }

  @Test func `texts of other kinds are malformed`() {
    for text in ["", "null", "[]", "1", "\"a\"", "{}"] {
      #expect(throws: RecordError.malformed, "\(text)") { try read(text) }
    }
  }
}
