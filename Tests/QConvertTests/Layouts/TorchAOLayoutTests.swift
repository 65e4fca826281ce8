import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What is special about torchao's tensors; that their bytes are right, `EcosystemLayoutTests` shows.
@Suite struct TorchAOLayoutTests {
  private static let cases = EcosystemCase.all(of: "torchao")

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `there are cases of all variants`() {
    #expect(Set(Self.cases.compactMap { $0.request.variant }) == Set(TorchAOLayout().variants))
  }

  @Test func `every shard lists the parameters of the model`() throws {
    let test = try #require(Self.cases.first)
    var options = try test.options()
    options.shardByteCount = 4096
    let output = directory.path("shards")
    _ = try Conversion(of: test.float, options).write(to: output)
    let model = try Model(output)
    #expect(model.shards.count > 1)
    let names = try Model(test.float).storedTensors.map {
      JSONValue.string($0.descriptor.name.string)
    }
    for shard in model.shards {
      let metadata = Dictionary(
        uniqueKeysWithValues: shard.checkpoint.metadata.map { ($0.name, $0.value) })
      let list = try #require(metadata["tensor_names"])
      #expect(try JSONValue(parsing: list.utf8).elements == names)
      for name in names.compactMap(\.string) { #expect(metadata[name] != nil) }
    }
    #expect(try Verification(of: output, against: test.float).run().findings == [])
  }

  @Test func `codes and scales may be in two shards`() throws {
    let test = try #require(Self.cases.first)
    let whole = try SafetensorsFile(test.quantized)
    let entries = whole.tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let half = entries.filter { $0.0.hasSuffix("_scale") }
    let rest = entries.filter { !$0.0.hasSuffix("_scale") }
    let checkpoint = try Checkpoint(test.quantized)
    let folder = directory.path("two")
    for (name, part) in [("model-00001-of-00002", rest), ("model-00002-of-00002", half)] {
      let metadata = Dictionary(
        uniqueKeysWithValues: checkpoint.metadata.map { ($0.name, $0.value.escaped) })
      try directory.add(
        "two/\(name).safetensors", SafetensorsFile.bytes(part, metadata: metadata))
    }
    let map =
      rest.map { ($0.0, "model-00001-of-00002") } + half.map { ($0.0, "model-00002-of-00002") }
    let members = map.map { #""\#($0.0)":"\#($0.1).safetensors""# }.joined(separator: ",")
    try directory.add(
      "two/model.safetensors.index.json", Array(#"{"weight_map":{\#(members)}}"#.utf8))
    let output = directory.path("float")
    _ = try Dequantization(of: folder).write(to: output)
    let found = try Model(output).storedTensors.map(\.descriptor.name)
    #expect(found.allSatisfy { !$0.string.contains("_weight_") })
    for (name, entry) in try Checkpoint(test.dequantized).contents {
      let tensor = try #require(
        try Model(output).storedTensors.first { $0.descriptor.name.string == name })
      #expect("\(try tensor.bytes(0..<tensor.descriptor.byteCount))" == entry[2])
    }
  }

  @Test(arguments: [
    #"{"_type":"MXTensor","_data":{}}"#, #"{"_type":7}"#, #"{"_type":"Int8Tensor"}"#,
    #"{"_type":"Int8Tensor","_data":{"block_size":[1,7],"dtype":{"_data":"float32"}}}"#,
    #"{"_type":"Int8Tensor","_data":{"block_size":[1,1e30],"dtype":{"_data":"float32"}}}"#,
    #"{"_type":"Int8Tensor","_data":{"block_size":[1,8],"dtype":{"_data":"int8"}}}"#,
    #"{"_type":"Float8Tensor","_data":{"block_size":[1,8],"dtype":{"_data":"float32"}}}"#,
    #"{"_type":"IntxUnpackedToInt8Tensor","_data":{"block_size":[1,8],"dtype":{"_data":"float32"},"target_dtype":{"_data":"int9"}}}"#,
    #"{"_type":"Int8Tensor""#,
  ])
  func `descriptions that the tensors do not fit are an error`(_ text: String) throws {
    let file = try directory.write(
      SafetensorsFile.bytes(
        [
          (
            "a._weight_qdata",
            .init(dtype: "I8", shape: [2, 8], bytes: Array(repeating: 1, count: 16))
          ),
          ("a._weight_scale", .init(shape: [2, 1], floats: [1, 2])),
          ("a._weight_zero_point", .init(dtype: "I8", shape: [2, 1], bytes: [0, 0])),
        ],
        metadata: ["tensor_names": #"["a.weight"]"#.escaped, "a.weight": text.escaped]),
      to: "bad.safetensors")
    #expect(throws: CheckpointError.self) { try Dequantization(of: file) }
  }

  @Test func `what torchao does not have is an error`() {
    let requests = [
      request { $0.variant = "int4" }, request { $0.bits = 4 }, request { $0.groupSize = 32 },
      request { $0.scheme = .asymmetric }, request { $0.dtype = .float8E5M2 },
      request { ($0.variant, $0.bits) = ("intx", 9) },
      request { ($0.variant, $0.groups) = ("intx", .tensor) },
      request { ($0.variant, $0.groupSize) = ("float8", 32) },
      request { ($0.variant, $0.scheme) = ("intx", .symmetricWithClipping) },
      request { ($0.variant, $0.dtype) = ("intx", .uint4) },
      request { ($0.variant, $0.groupSize, $0.blockSizes) = ("intx", 32, [64]) },
      request { ($0.variant, $0.bits, $0.formulas) = ("intx", 8, .coreaiOpt) },
    ]
    for request in requests {
      #expect(throws: LayoutError.self, "\(request)") { try TorchAOLayout().spec(for: request) }
    }
  }

  @Test(arguments: [
    ("a.q_proj.weight", [8, 64], true), ("lm_head.weight", [8, 64], false),
    ("embed_tokens.weight", [8, 64], false), ("mlp.gate.weight", [8, 64], false),
    ("a.conv.weight", [8, 64, 3], false), ("a.norm.weight", [64], false),
    ("word_embeddings.weight", [8, 64], false), ("mlp.gate_proj.weight", [8, 64], true),
  ])
  func `linear layers are quantized`(_ name: TensorName, _ shape: [Int], _ expected: Bool) throws {
    let spec = try TorchAOLayout().spec(for: LayoutRequest())
    let tensor = TensorDescriptor(
      name: name, dtype: .float32, shape: shape, bytes: 0..<shape.reduce(4, *))
    let isQuantized =
      if case .quantize = try TorchAOLayout().fit(spec, to: tensor) { true } else { false }
    #expect(isQuantized == expected)
  }
}

extension String {
  /// The text as it stands in another JSON text.
  fileprivate var escaped: String { replacing(#"""#, with: #"\""#) }
}
