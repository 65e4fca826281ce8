import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Files that say they are quantized: taken for what they are, and no others for them.
@Suite struct QuantizedInputTests {
  private func bench() throws -> Workbench {
    try Workbench([
      ("a.weight", .init(shape: [4, 8], floats: (0..<32).map { Float($0) / 8 - 2 })),
      ("a.bias", .init(shape: [4], floats: [1, 2, 3, 4])),
    ])
  }

  @Test func `a quantized file is no original to verify against`() throws {
    let bench = try bench()
    let output = try bench.convert(ConversionOptions(spec: QuantizationSpec()))
    let error = #expect(throws: CheckpointError.self) {
      try Verification(of: output, against: output)
    }
    #expect(error?.reason as? RecordError == .alreadyQuantized)
  }

  @Test func `an original of another type is a finding`() throws {
    let bench = try bench()
    let output = try bench.convert(ConversionOptions(spec: QuantizationSpec()))
    let other = try bench.directory.write(
      SafetensorsFile.bytes([
        "a.weight": .init(dtype: "BF16", shape: [4, 8], bytes: Array(repeating: 0, count: 64)),
        "a.bias": .init(shape: [4], floats: [1, 2, 3, 4]),
      ]), to: "other.safetensors")
    let findings = try Verification(of: output, against: other).run().findings
    #expect(
      findings.contains(
        .mismatched("a.weight", expected: "F32 [4, 8] in the original", found: "BF16 [4, 8]")))
  }

  @Test func `buffers of another conversion are refused`() throws {
    let bench = try bench()
    var options = ConversionOptions(spec: try QuantizationSpec(scheme: .asymmetric))
    options.separatesBuffers = true
    _ = try bench.convert(options, to: "other.safetensors")
    options.configuration = QuantizerConfig(
      spec: try QuantizationSpec(scheme: .symmetric))
    let output = try bench.convert(options, to: "out.safetensors")
    let foreign = try bench.directory.path("other.buffers.safetensors").fileBytes
    _ = try bench.directory.write(foreign, to: "out.buffers.safetensors")
    let error = #expect(throws: CheckpointError.self) { try Dequantization(of: output) }
    #expect(error?.reason as? RecordError == .foreignBuffers)
  }

  @Test func `nothing quantized leaves no record`() throws {
    let bench = try bench()
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = ["*"]
    let output = try bench.convert(options)
    #expect(try SafetensorsFile(output).metadata == ["format": "pt"])
    #expect(throws: Never.self) { try Conversion(of: output, options) }
  }
}

/// Settings whose parameters cannot be stored.
@Suite struct UnstorableParameterTests {
  @Test func `a scale that is infinite in the tensor's precision is an error`() throws {
    let bench = try Workbench([
      ("a.weight", .init(dtype: "F16", shape: [1, 4], bytes: [0, 60, 0, 56, 0, 0, 0, 188]))
    ])
    var options = ConversionOptions(
      spec: try QuantizationSpec(floatRange: FloatRange(low: -1e7, high: 1e7)))
    _ = try bench.convert(options)
    options.layout = CoreAILayout()
    #expect(throws: QuantizationError.rangeOverflow("a.weight", index: 0)) {
      try bench.convert(options)
    }
  }

  @Test func `bounds beyond float32 are no bounds`() {
    #expect(throws: QuantizationSpecError.badFloatRange(-1e300, nil)) {
      try FloatRange(low: -1e300, high: nil)
    }
  }

  @Test func `groups beyond slabs count towards the memory bound`() throws {
    let bench = try Workbench([
      ("a.weight", .init(shape: [2, 60_000], floats: Array(repeating: 1, count: 120_000)))
    ])
    var options = ConversionOptions(
      spec: try QuantizationSpec(granularity: .perChannel(axis: 1)))
    options.jobs = 1
    options.memoryBound = 1 << 20
    #expect(throws: PlanError.memoryBoundTooSmall(1 << 20, least: 1_200_000)) {
      try Conversion(of: bench.input, options)
    }
    options.memoryBound = 2 << 20
    #expect(throws: Never.self) { try bench.convert(options) }
  }

  @Test func `an entry that its content does not fit is refused`() throws {
    struct Narrow: OutputLayout {
      let name = "narrow"
      func entries(for tensor: QuantizedTensor) -> [OutputEntry] {
        [OutputEntry("scale", .int8, tensor.grid, .scale)]
      }
    }
    let bench = try Workbench([("a.weight", .init(shape: [1, 2], floats: [1, 2]))])
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.layout = Narrow()
    #expect(throws: LayoutError.malformedEntry(layout: "narrow", "scale")) {
      try Conversion(of: bench.input, options)
    }
  }
}
