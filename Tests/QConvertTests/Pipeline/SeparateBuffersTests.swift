import Fixtures
import Testing

@testable import QConvert

@Suite struct SeparateBuffersTests {
  @Test(arguments: ManyTensors.cases)
  func `parameters move to a file of their own, and nothing else changes`(
    _ test: ManyTensors.Case
  ) throws {
    let bench = try ManyTensors.bench()
    var options = try test.options(jobs: 2)
    let whole = try bench.converted(options)
    options.separatesBuffers = true
    let path = try bench.convert(options, to: "model.int8.safetensors")
    let main = try SafetensorsFile(path)
    let buffers = try SafetensorsFile(bench.directory.path("model.int8.buffers.safetensors"))
    #expect(main.tensors.merging(buffers.tensors) { first, _ in first } == whole)
    #expect(Set(main.tensors.keys).isDisjoint(with: buffers.tensors.keys))
    #expect(!buffers.tensors.isEmpty)
    let words = ["scale", "zero_point", "minval"]
    for name in whole.keys {
      let isParameter = words.contains { name.hasSuffix($0) }
      #expect((buffers.tensors[name] != nil) == isParameter, "\(name)")
    }
    #expect(main.metadata[QuantizationRecord.metadataName] != nil)
    let report = try Verification(of: path, against: bench.input).run()
    #expect(report.findings.isEmpty)
  }

  @Test func `dequantizing finds the buffers beside the file`() throws {
    let bench = try ManyTensors.bench()
    var options = ConversionOptions(spec: try QuantizationSpec())
    let whole = try bench.dequantized(bench.convert(options))
    options.separatesBuffers = true
    #expect(try bench.dequantized(bench.convert(options, to: "two.safetensors")) == whole)
  }
}
