import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Conversions of models that other libraries have quantized: the floats that the weights stand for are what is
/// converted.
@Suite struct QuantizedSourceTests {
  private static let cases = EcosystemCase.all(of: "mlx")

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func options(_ spec: QuantizationSpec, _ memory: Int? = nil) -> ConversionOptions {
    var options = ConversionOptions(spec: spec)
    options.isDurable = false
    options.overwrites = true
    options.memoryBound = memory
    return options
  }

  private func converted(
    _ input: FilePath, _ options: ConversionOptions, to name: String
  ) throws -> (tensors: [String: [String]], configuration: JSONValue) {
    let output = directory.path(name)
    _ = try Conversion(of: input, options).write(to: output)
    let text = try Data(contentsOf: URL(filePath: output.appending("config.json").string))
    return (
      try Checkpoint(output.appending("model.safetensors")).contents, try JSONValue(parsing: text)
    )
  }

  @Test(arguments: cases)
  func `a quantized model is converted as its floats are`(_ test: EcosystemCase) throws {
    let quantized = directory.path("quantized")
    let float = directory.path("float")
    _ = try Conversion(of: test.float, test.options()).write(to: quantized)
    _ = try Dequantization(of: quantized).write(to: float)
    let specs = [
      try QuantizationSpec(),
      try QuantizationSpec(scheme: .asymmetric, granularity: .perTensor),
      try QuantizationSpec(dtype: .int4, granularity: .perBlock(axis: 0, size: 3)),
    ]
    for spec in specs {
      for memory in [nil, 1 << 19] {
        let found = try converted(quantized, options(spec, memory), to: "direct")
        let expected = try converted(float, options(spec), to: "detour")
        #expect(found.tensors == expected.tensors)
        #expect(found.configuration == expected.configuration)
      }
    }
  }

  @Test func `one layout becomes another, and tells what it was`() throws {
    let test = try #require(Self.cases.first)
    let quantized = directory.path("quantized")
    _ = try Conversion(of: test.float, test.options()).write(to: quantized)
    var request = LayoutRequest()
    request.bits = 8
    var options = options(try MLXLayout().spec(for: request))
    options.layout = MLXLayout()
    let conversion = try Conversion(of: quantized, options)
    #expect(conversion.warnings.contains { $0.contains("are quantized already (mlx)") })
    let output = directory.path("other")
    _ = try conversion.write(to: output)
    #expect(try Verification(of: output, against: quantized).run().findings.isEmpty)
    #expect(try Model(output).configuration?["quantization"]?["bits"]?.integer == 8)
  }

  /// Codes of float8_e4m3 with what they stand for.
  private static let codes: [(code: UInt8, value: Float)] = [
    (0x38, 1), (0x40, 2), (0xc0, -2), (0x7e, 448), (0x00, 0), (0x01, 0x1p-9), (0xbc, -1.5),
  ]

  private func blockModel(_ scale: DType) throws -> FilePath {
    let (rows, columns) = (130, 200)
    let scales: [Float] = [0.5, 4, 0x1p-3, 2]
    let weight = (0..<rows * columns).map { Self.codes[$0 % Self.codes.count].code }
    return try directory.add(
      "fp8/model.safetensors",
      SafetensorsFile.bytes([
        "a.weight": .init(dtype: "F8_E4M3", shape: [rows, columns], bytes: weight),
        "a.weight_scale_inv": .init(
          FloatPrecision(scale) ?? .float32, [2, 2], scales.map { Double($0) }),
        "norm.weight": .init(.bfloat16, [2], [1, 2]),
      ]))
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `float8 in blocks with inverse scales becomes floats`(_ scale: DType) throws {
    let file = try blockModel(scale)
    let output = directory.path("float.safetensors")
    _ = try Dequantization(of: file).write(to: output)
    let found = try SafetensorsFile(output).tensors
    let scales: [Float] = [0.5, 4, 0x1p-3, 2]
    let values = (0..<130 * 200).map { index in
      let (row, column) = (index / 200, index % 200)
      return Double(
        Self.codes[index % Self.codes.count].value * scales[row / 128 * 2 + column / 128])
    }
    #expect(found["a.weight"] == .init(.bfloat16, [130, 200], values))
    #expect(found.keys.sorted() == ["a.weight", "norm.weight"])
    // And is converted without that detour.
    let spec = try QuantizationSpec(granularity: .perTensor)
    for (input, name) in [(file, "direct"), (output, "detour")] {
      _ = try Conversion(of: input, options(spec)).write(to: directory.path("\(name).safetensors"))
    }
    #expect(
      try SafetensorsFile(directory.path("direct.safetensors")).tensors
        == SafetensorsFile(directory.path("detour.safetensors")).tensors)
  }

  @Test func `what is excluded becomes floats too`() throws {
    let file = try blockModel(.float32)
    var options = options(try QuantizationSpec())
    options.selection.exclude = ["*"]
    let output = directory.path("copy.safetensors")
    _ = try Conversion(of: file, options).write(to: output)
    #expect(try SafetensorsFile(output).tensors["a.weight"]?.dtype == "BF16")
  }

  @Test(arguments: [[3, 2], [2], [1, 2, 2]])
  func `scales that the weight does not have are an error`(_ shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let file = try directory.write(
      SafetensorsFile.bytes([
        "a.weight": .init(
          dtype: "F8_E4M3", shape: [130, 200], bytes: Array(repeating: 0x38, count: 26000)),
        "a.weight_scale_inv": .init(.float32, shape, Array(repeating: 1, count: count)),
      ]), to: "bad.safetensors")
    #expect(throws: CheckpointError.self) { try Dequantization(of: file) }
    #expect(throws: CheckpointError.self) {
      try Conversion(of: file, options(try QuantizationSpec()))
    }
  }
}
