import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// What gguf-py makes of small checkpoints; see `fixtures/make_ecosystem.py`.
@Suite struct GGUFLayoutTests {
  private static let cases = EcosystemCase.all(of: "gguf")
  private static let quantizing = cases.filter { $0.request.variant?.hasSuffix("f16") == false }

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The output for a case.
  private func quantized(_ test: EcosystemCase, jobs: Int? = nil, memory: Int? = nil) throws
    -> FilePath
  {
    var options = try test.options()
    options.jobs = jobs
    options.memoryBound = memory
    // The library's file has floats in half precision only where blocks would be.
    options.selection.exclude = ["*embed_tokens.weight", "lm_head.weight"]
    let output = directory.path("quantized.gguf")
    _ = try Conversion(of: test.float, options).write(to: output)
    return output
  }

  @Test func `there are cases of all variants`() {
    #expect(Set(Self.cases.compactMap { $0.request.variant }) == Set(GGUFLayout().variants))
  }

  @Test(arguments: Self.cases)
  func `every tensor is that of gguf-py`(_ test: EcosystemCase) throws {
    let expected = try Checkpoint(test.quantized)
    for (jobs, memory) in [(1, nil), (2, 1 << 20)] {
      let found = try Checkpoint(quantized(test, jobs: jobs, memory: memory))
      #expect(try found.contents == expected.contents)
      for key in ["architecture", "file_type", "quantization_version"].map({ "general.\($0)" }) {
        let value = expected.metadata.first { $0.name == key }?.value
        #expect(value != nil)
        #expect(found.metadata.first { $0.name == key }?.value == value)
      }
    }
  }

  @Test(arguments: Self.cases)
  func `the way back has the values of gguf-py in the original types`(
    _ test: EcosystemCase
  ) throws {
    let quantized = try quantized(test)
    let output = directory.path("float.safetensors")
    var options = Dequantization.Options()
    options.format = .safetensors
    _ = try Dequantization(of: quantized, options).write(to: output)
    let floats = try SafetensorsFile(output).tensors
    let originals = try SafetensorsFile(test.float.appending("model.safetensors")).tensors
    #expect(floats.mapValues(\.dtype) == originals.mapValues(\.dtype))
    #expect(floats.mapValues(\.shape) == originals.mapValues(\.shape))
    let weights = try SafetensorsFile(test.dequantized).tensors
    #expect(!weights.isEmpty)
    for (name, weight) in weights {
      let found = try #require(floats[name])
      let precision = try #require(DType(rawValue: found.dtype).flatMap(FloatPrecision.init))
      #expect(found == .init(precision, weight.shape, weight.floats.map(Double.init)), "\(name)")
    }
    for (name, original) in originals where !name.contains("proj.weight") {
      #expect(floats[name] == original, "\(name)")
    }
    #expect(try Verification(of: quantized, against: test.float).run().findings.isEmpty)
  }

  @Test(arguments: Self.cases)
  func `what gguf-py has written is read without a record`(_ test: EcosystemCase) throws {
    let output = directory.path("float.safetensors")
    var options = Dequantization.Options()
    options.format = .safetensors
    _ = try Dequantization(of: test.quantized, options).write(to: output)
    let floats = try SafetensorsFile(output).tensors
    #expect(floats.values.allSatisfy { $0.dtype == "F32" })
    for (name, weight) in try SafetensorsFile(test.dequantized).tensors {
      #expect(floats[name] == weight, "\(name)")
    }
    #expect(try Verification(of: test.quantized, against: test.float).run().findings.isEmpty)
    let record = try Model(test.quantized).quantizationRecord()
    #expect(record?.tensors.count == (Self.quantizing.contains { $0.name == test.name } ? 4 : nil))
    #expect(record?.isRecorded != true)
  }

  @Test func `a byte that differs is found`() throws {
    let test = try #require(Self.cases.first { $0.request.variant == "q5_1" })
    let path = try quantized(test)
    let tensor = try #require(try Checkpoint(path).tensors.first { $0.blockType == .q51 })
    guard case .contiguous(let range) = tensor.storage else { return }
    var bytes = try path.fileBytes
    bytes[range.upperBound - 1] ^= 1
    let broken = try directory.write(bytes, to: "broken.gguf")
    #expect(
      try Verification(of: broken, against: test.float).run().findings
        == [.different(tensor.name, byte: range.count - 1)])
  }

  @Test func `a least value of zero has either sign`() throws {
    let values = (0..<32).map { Double($0) }
    let bench = try Workbench([("a.weight", .init(.float32, [1, 32], values))])
    var request = LayoutRequest()
    request.variant = "q4_1"
    var options = ConversionOptions(spec: try GGUFLayout().spec(for: request))
    options.layout = GGUFLayout()
    let output = try bench.convert(options, to: "a.gguf")
    let tensor = try #require(try Checkpoint(output).tensors.first)
    guard case .contiguous(let range) = tensor.storage else { return }
    let bytes = try output.fileBytes
    for (offset, value, findings) in [
      (3, 0x80, []), (3, 0x81, [.different("a.weight", byte: 3)]),
      (1, 0xc0, [.different("a.weight", byte: 1)]),
    ] as [(Int, UInt8, [Verification.Finding])] {
      var changed = bytes
      changed[range.lowerBound + offset] = value
      let path = try bench.directory.write(changed, to: "b.gguf")
      #expect(try Verification(of: path, against: bench.input).run().findings == findings)
    }
  }

  @Test func `blocks of other types are named`() throws {
    let error = try #require(throws: CheckpointError.self) {
      try Dequantization(of: Fixtures.gguf.appending("types.gguf"))
    }
    guard case RecordError.unreadableBlocks = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(try Model(Fixtures.gguf.appending("types.gguf")).quantizationRecord() != nil)
  }

  @Test(
    arguments: [
      ([32], [1.5]), ([32, 2], [1.5, -2]), ([32, 1, 2, 1], [1.5, -2]),
      ([64, 0], []), ([0, 3], []),
    ] as [([UInt64], [Float])])
  func `blocks of any shape are read`(_ axes: [UInt64], _ scales: [Float]) throws {
    var bytes = GGUFBytes.file(
      tensors: [GGUFBytes.tensor("a", axes, type: 8)], data: scales.isEmpty ? 0 : 1)
    bytes.removeLast(scales.isEmpty ? 0 : 1)
    for scale in scales {
      bytes += GGUFBytes.number(HalfFloat.float16.bits(scale)) + [UInt8](repeating: 254, count: 32)
    }
    let input = try directory.write(bytes, to: "a.gguf")
    let output = directory.path("a.safetensors")
    var options = Dequantization.Options()
    options.format = .safetensors
    _ = try Dequantization(of: input, options).write(to: output)
    let found = try #require(try SafetensorsFile(output).tensors["a"])
    #expect(found.shape == axes.reversed().map(Int.init))
    #expect(found.floats == scales.flatMap { [Float](repeating: -2 * $0, count: 32) })
  }

  @Test func `a record that speaks of other blocks is an error`() throws {
    let test = try #require(Self.cases.first { $0.request.variant == "q8_0" })
    let bytes = try quantized(test).fileBytes
    let text = Array("\"dtype\":\"int8\"".utf8)
    let index = try #require(
      bytes.indices.first { bytes[$0...].starts(with: text) })
    var changed = bytes
    changed.replaceSubrange(index..<index + text.count, with: "\"dtype\":\"int4\"".utf8)
    let broken = try directory.write(changed, to: "broken.gguf")
    #expect(throws: (any Error).self) { try Dequantization(of: broken) }
  }
}
