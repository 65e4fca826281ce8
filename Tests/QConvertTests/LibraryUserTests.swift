import Fixtures
import Foundation
import QConvert
import SystemPackage
import Testing

// example: register
/// The largest magnitude on both sides, cut off at a bound.
struct Clipped: RangeCalculator {
  let bound: Double

  func makeAccumulator() -> any RangeAccumulator { State(bound: bound) }

  struct State: RangeAccumulator {
    let bound: Double
    var largest = 0.0

    mutating func observe(_ values: Span<Double>) {
      for i in values.indices { largest = max(largest, abs(values[i])) }
    }

    mutating func merge(_ other: any RangeAccumulator) {
      largest = max(largest, other.range.max)
    }

    var range: ValueRange { ValueRange(min: -min(largest, bound), max: min(largest, bound)) }
  }
}
// end

/// What the README shows, done.
@Suite struct LibraryUserTests {
  @Test func `five lines convert a checkpoint`() throws {
    let directory = try TemporaryDirectory()
    let input = Fixtures.real.appending("minilm-attention.safetensors")
    let output = directory.path("model.int8.safetensors")
    // The README's lines, with these paths.
    let spec = try QuantizationSpec(dtype: .int8, scheme: .symmetric)
    let conversion = try Conversion(of: input, ConversionOptions(spec: spec))
    let report = try conversion.write(to: output)
    #expect(report.tensors.filter { $0.decision.action == "quantized" }.count == 2)
    let written = try FileManager.default.attributesOfItem(atPath: output.string)
    #expect(written[.size] as? Int == report.outputByteCount)
    #expect(report.outputByteCount < report.inputByteCount / 3)
  }

  @Test func `a calculator of the user's own decides the scale`() throws {
    let directory = try TemporaryDirectory()
    let weights: [Float] = [0.1, -4, 0.2, 0.3, -0.25, 0.05]
    let input = try directory.write(
      SafetensorsFile.bytes(["a.weight": .init(shape: [2, 3], floats: weights)]),
      to: "model.safetensors")
    var options = ConversionOptions(spec: try QuantizationSpec(rangeCalculator: "clipped"))
    options.calculators.register(Clipped(bound: 0.5), as: "clipped")
    _ = try Conversion(of: input, options).write(to: directory.path("out.safetensors"))
    let output = try SafetensorsFile(directory.path("out.safetensors"))
    let scales: [Float] = [0.5 / 127.5, 0.3 / 127.5]
    #expect(output.tensors["a.weight_scale"]?.floats == scales)
    #expect(
      output.tensors["a.weight"]?.bytes.map { Int8(bitPattern: $0) }.dropFirst().first == -128)
  }

  @Test func `an unregistered calculator is named, with those there are`() throws {
    let options = ConversionOptions(spec: try QuantizationSpec(qparamsCalculator: "magic"))
    let input = Fixtures.real.appending("minilm-attention.safetensors")
    #expect(
      throws: CalculatorError.unknownQParams(
        "magic",
        known: [
          "compressed-tensors-float", "compressed-tensors-int", "compressed-tensors-mx",
          "compressed-tensors-nvfp4", "default", "dynamic", "gguf-mxfp4", "gguf-q4_0", "gguf-q4_1",
          "gguf-q8_0", "global_minmax", "keras-absmax", "keras-grouped", "mlx-affine", "mlx-mx",
          "mlx-nvfp4", "moving_average", "static", "torchao-float8", "torchao-int8", "torchao-intx",
        ])
    ) {
      try Conversion(of: input, options)
    }
  }

  @Test func `the README shows these very lines`() throws {
    let here = URL(filePath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let example = source.split(separator: "// example: register\n")[1].split(separator: "// end")[0]
    #expect(readme.contains(example.trimmingCharacters(in: .newlines)))
    for line in source.split(separator: "\n") where line.hasPrefix("    let spec = try ") {
      #expect(readme.contains(line.trimmingCharacters(in: .whitespaces)))
    }
  }
}
