import Fixtures
import SystemPackage
import Testing

@testable import QConvert

@Suite struct VerificationTests {
  private func bench(
    second: String = "b.weight", metadata: [String: String] = ["format": "pt"]
  ) throws -> Workbench {
    var random = SeededGenerator(seed: 19)
    return try Workbench(
      [
        ("a.weight", .init(.float32, [3, 64], &random)),
        (second, .init(.bfloat16, [2, 32], &random)),
        ("norm.weight", .init(.float32, [5], &random)),
      ], metadata: metadata)
  }

  static let layouts: [(any OutputLayout, QuantizedDType)] = [
    (NativeLayout(), .int8), (NativeLayout(isPacked: true), .uint4),
    (CoreAIPreparedLayout(), .int8), (CoreAILayout(), .float4E2M1), (CoreAIGraphLayout(), .int4),
    (CoreMLLayout(), .uint8),
  ]

  @Test(arguments: layouts)
  func `a changed byte anywhere is found`(
    _ layout: any OutputLayout, _ dtype: QuantizedDType
  ) throws {
    let bench = try bench()
    var options = ConversionOptions(
      spec: try QuantizationSpec(
        dtype: dtype, granularity: .perBlock(axis: nil, size: 32)))
    options.layout = layout
    for separates in [false, true] {
      options.separatesBuffers = separates
      let path = try bench.convert(options)
      let files = separates ? [path, bench.directory.path("out.buffers.safetensors")] : [path]
      for file in files {
        let bytes = try file.fileBytes
        for tensor in try Checkpoint(file).tensors where !tensor.bytes.isEmpty {
          for offset in Set([0, tensor.bytes.count - 1]) {
            var damaged = bytes
            damaged[tensor.bytes.lowerBound + offset] ^= 0x10
            _ = try bench.directory.write(damaged, to: file.lastComponent?.string ?? "")
            let findings = try Verification(of: path, against: bench.input).run(jobs: 1).findings
            #expect(findings == [.different(tensor.name, byte: offset)])
          }
        }
        _ = try bench.directory.write(bytes, to: file.lastComponent?.string ?? "")
      }
      #expect(try Verification(of: path, against: bench.input).run().findings.isEmpty)
    }
  }

  @Test func `of several changed bytes the first is reported, for every tensor`() throws {
    let bench = try bench()
    let path = try bench.convert(ConversionOptions(spec: QuantizationSpec()))
    var bytes = try path.fileBytes
    let tensors = try Checkpoint(path).tensors.filter { $0.bytes.count > 8 }
    for tensor in tensors {
      for offset in [5, 7] { bytes[tensor.bytes.lowerBound + offset] ^= 1 }
    }
    _ = try bench.directory.write(bytes, to: "out.safetensors")
    let findings = try Verification(of: path, against: bench.input).run(jobs: 2).findings
    #expect(Set(findings) == Set(tensors.map { .different($0.name, byte: 5) }))
  }

  @Test func `bytes are counted from the beginning of the tensor, not of a slab`() throws {
    // More than a mebibyte: two slabs of two rows and one.
    let pattern = (0..<100).flatMap { KernelReference.bytes(Float($0).bitPattern) }
    let bytes = Array(repeatElement(pattern, count: 3000).joined())
    let bench = try Workbench([
      ("a.weight", .init(dtype: "F32", shape: [3, 100_000], bytes: bytes))
    ])
    let path = try bench.convert(ConversionOptions(spec: QuantizationSpec()))
    var damaged = try path.fileBytes
    let start = try #require(Checkpoint(path).tensors.first).bytes.lowerBound
    for offset in [299_999, 250_000, 50_000] {
      damaged[start + offset] ^= 1
      _ = try bench.directory.write(damaged, to: "out.safetensors")
      let findings = try Verification(of: path, against: bench.input).run(jobs: 2).findings
      #expect(findings == [.different("a.weight", byte: offset)])
    }
  }

  @Test func `another original is told apart by its tensors`() throws {
    let quantized = try bench()
    let path = try quantized.convert(ConversionOptions(spec: QuantizationSpec()))
    let other = try bench(second: "other.weight")
    let findings = try Verification(of: path, against: other.input).run().findings
    #expect(
      Set(findings) == [
        .notInOriginal("b.weight"), .missing("other.weight"), .unexpected("b.weight"),
        .unexpected("b.weight_scale"), .unexpected("b.weight_zero_point"),
        .unexpected("b.weight_minval"),
      ])
  }

  @Test func `another original is told apart by its metadata`() throws {
    let quantized = try bench()
    let file = try quantized.convert(ConversionOptions(spec: QuantizationSpec()))
    let other = try bench(metadata: ["format": "tf"])
    let findings = try Verification(of: file, against: other.input).run().findings
    #expect(findings == [.metadata("format")])
  }

  @Test func `an original of another shape does not match`() throws {
    let quantized = try bench()
    let path = try quantized.convert(ConversionOptions(spec: QuantizationSpec()))
    let tensors = try SafetensorsFile(quantized.input).tensors
    var reshaped = try #require(tensors["a.weight"])
    reshaped.shape = [6, 32]
    let other = try Workbench([
      ("a.weight", reshaped), ("b.weight", try #require(tensors["b.weight"])),
      ("norm.weight", try #require(tensors["norm.weight"])),
    ])
    let findings = try Verification(of: path, against: other.input).run().findings
    #expect(
      findings.contains(.mismatched("a.weight", expected: "F32 [6, 32]", found: "I8 [3, 64]")))
    #expect(findings.contains(.unexpected("a.weight_scale")))
  }
}
