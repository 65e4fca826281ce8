import Fixtures
import Testing

@testable import QConvert

/// Floats that a layout stores in another type.
@Suite struct CastTests {
  private func options(_ variant: String) throws -> ConversionOptions {
    var request = LayoutRequest()
    request.variant = variant
    var options = ConversionOptions(spec: try GGUFLayout().spec(for: request))
    options.layout = GGUFLayout().adapted(to: request)
    options.memoryBound = 1 << 20
    return options
  }

  private func bytes(_ tensor: Workbench.Tensor) -> [UInt8] { tensor.bytes }

  @Test(arguments: ["f16", "bf16"], [FloatPrecision.float16, .bfloat16, .float32])
  func `matrices have the type of the variant and all else is F32`(
    _ variant: String, _ precision: FloatPrecision
  ) throws {
    var values = (0..<60_000).map { Double($0 % 997) / 64 - 7 }
    values[7] = .infinity
    values[50_001] = -.infinity
    values[3] = -0.0
    let rest: [Double] = [1, -0.25, .infinity]
    let bench = try Workbench([
      ("a.weight", .init(precision, [300, 200], values)), ("a.bias", .init(precision, [3], rest)),
      ("b.weight", .init(precision, [1, 3], rest)), ("n", .init(.float64, [2, 1], [1, 2])),
    ])
    var options = try options(variant)
    options.selection.exclude = ["b.*"]
    let output = try bench.convert(options, to: "a.gguf")
    let half = variant == "f16" ? FloatPrecision.float16 : .bfloat16
    // Rounded twice: as the input has it, and to the type of the file.
    let inputs = values.map { precision.rounded($0) }
    let expected: [TensorName: [UInt8]] = [
      "a.weight": Workbench.Tensor(half, [300, 200], inputs).bytes,
      "a.bias": Workbench.Tensor(.float32, [3], rest).bytes,
      "b.weight": Workbench.Tensor(.float32, [1, 3], rest).bytes,
      "n": Workbench.Tensor(.float64, [2, 1], [1, 2]).bytes,
    ]
    #expect(try output.tensorBytes == expected)
    #expect(try Verification(of: output, against: bench.input).run().findings.isEmpty)
    let back = bench.directory.path("back.safetensors")
    var way = Dequantization.Options()
    way.format = .safetensors
    _ = try Dequantization(of: output, way).write(to: back)
    let floats = try SafetensorsFile(back).tensors
    #expect(
      floats.mapValues(\.dtype) == (try SafetensorsFile(bench.input)).tensors.mapValues(\.dtype))
    #expect(floats["b.weight"] == .init(precision, [1, 3], rest))
  }

  @Test func `NaN stays NaN`() throws {
    let bench = try Workbench([
      ("a.weight", .init(.float32, [1, 2], [.nan, 1])),
      ("b.bias", .init(dtype: "BF16", shape: [1], bytes: [0xc0, 0x7f])),
    ])
    let tensors = try bench.convert(options("f16"), to: "a.gguf").tensorBytes
    let half = try #require(tensors["a.weight"])
    #expect(HalfFloat.float16.value(UInt16(half[0]) | UInt16(half[1]) << 8).isNaN)
    let whole = try #require(tensors["b.bias"])
    #expect(whole[3] & 0x7f == 0x7f && whole[2] & 0x80 != 0)
  }

  @Test(arguments: [
    ("f16", FloatPrecision.float16, 65519.99, 65520), ("bf16", .bfloat16, 3.3961e38, 3.3962e38),
  ])
  func `a value that would become infinite is named`(
    _ variant: String, _ precision: FloatPrecision, _ fits: Double, _ overflows: Double
  ) throws {
    for sign in [1.0, -1] {
      var values = [Double](repeating: 1, count: 40_000)
      values[10] = .infinity
      values[20_000] = sign * fits
      let fine = try Workbench([("a.weight", .init(.float32, [4, 10_000], values))])
      try fine.convert(options(variant), to: "a.gguf")
      values[30_001] = sign * overflows
      let bench = try Workbench([("a.weight", .init(.float32, [4, 10_000], values))])
      let value = Double(Float(sign * overflows))
      #expect(
        throws: QuantizationError.castOverflow(
          "a.weight", index: 30_001, value: value, precision.dtype)
      ) { try bench.convert(options(variant), to: "a.gguf") }
      var skipping = try options(variant)
      skipping.skipsNonFinite = true
      let output = try bench.convert(skipping, to: "a.gguf")
      #expect(
        try output.tensorBytes["a.weight"]
          == SafetensorsFile(bench.input).tensors["a.weight"]?.bytes)
    }
  }

  @Test(
    arguments: [("q8_0", 127 * 65520.0), ("q4_0", 8 * 65520), ("q4_1", 65520), ("q5_1", 65520)]
      as [(String, Double)])
  func `a parameter that a block cannot hold is named with its group`(
    _ variant: String, _ value: Double
  ) throws {
    var values = [Double](repeating: 0, count: 64 * 40)
    values[70] = -value
    let bench = try Workbench([
      ("a.weight", .init(.float32, [40, 64], values)), ("a.bias", .init(.bfloat16, [1], [1])),
    ])
    var options = try options(variant)
    #expect(
      throws: QuantizationError.parameterOverflow("a.weight", index: 64, .float16)
    ) { try bench.convert(options, to: "a.gguf") }
    options.skipsNonFinite = true
    let conversion = try Conversion(of: bench.input, options)
    #expect(conversion.plan.tensors.map(\.decision.action) == ["skipped", "cast"])
    let output = try bench.convert(options, to: "a.gguf")
    #expect(
      try output.tensorBytes["a.weight"] == Workbench.Tensor(.float32, [40, 64], values).bytes)
  }

  @Test func `a file of casts is a float model`() throws {
    let bench = try Workbench([("a.weight", .init(.float32, [2, 32], (0..<64).map { Double($0) }))])
    let half = try bench.convert(options("f16"), to: "half.gguf")
    let output = bench.directory.path("q.gguf")
    var options = try options("q8_0")
    options.isDurable = false
    _ = try Conversion(of: half, options).write(to: output)
    let checkpoint = try Checkpoint(output)
    #expect(checkpoint.tensors.map(\.typeName) == ["Q8_0"])
    #expect(try checkpoint.quantizationRecord()?.tensors.map(\.precision) == [.float16])
    #expect(try checkpoint.quantizationRecord()?.casts.isEmpty == true)
    #expect(try Verification(of: output, against: half).run().findings.isEmpty)
  }

  @Test func `the reason tells the type`() throws {
    let bench = try Workbench([
      ("a.weight", .init(.bfloat16, [2, 33], [Double](repeating: 1, count: 66))),
      ("a.bias", .init(.bfloat16, [2], [1, 2])),
    ])
    let plan = try Conversion(of: bench.input, options("q8_0")).plan
    #expect(
      plan.tensors.map(\.decision.reason) == [
        "block size 32 does not divide axis 1 of length 33; stored as F32",
        "not named weight; stored as F32",
      ])
  }
}
