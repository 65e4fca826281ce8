import Fixtures
import Testing

@testable import QConvert

/// What the layout of Keras takes, and what it refuses.
@Suite struct KerasFitTests {
  private func tensor(
    _ className: String?, _ shape: [Int], equation: String? = nil, numbers: [Int] = [0, 1],
    number: Int = 0, dtype: DType = .float32, isConfigured: Bool = true, isInAttention: Bool = false
  ) -> TensorDescriptor {
    TensorDescriptor(
      name: "layers/a/vars/0", dtype: dtype, shape: shape,
      storage: .contiguous(0..<shape.reduce(dtype.bitWidth / 8, *)),
      layer: LayerParameter(
        selectionName: "layers.a.weight", isWeight: true, isOptimizerState: false,
        layer: "layers/a", className: className, role: "kernel", channelAxis: 1,
        blockAxis: 0,
        keras: KerasParameter(
          className: className, equation: equation, number: number, numbers: numbers,
          isConfigured: isConfigured, hasInnerLayers: false, isInAttention: isInAttention)))
  }

  private func fit(
    _ tensor: TensorDescriptor, _ layout: KerasLayout = KerasLayout(),
    _ spec: QuantizationSpec? = nil
  ) throws -> String {
    switch try layout.fit(try spec ?? QuantizationSpec(), to: tensor) {
    case .quantize(let spec, let view): "\(spec) as \(view)"
    case .copy(let reason): reason
    }
  }

  @Test(arguments: [
    (
      "Dense", nil, [6, 4],
      "int8 symmetric_with_clipping zp per_channel(axis 1) keras-absmax as [6, 4]"
    ),
    (
      "EinsumDense", "abc,cde->abde", [6, 2, 3],
      "int8 symmetric_with_clipping zp per_block(-1,1,1) keras-absmax as [6, 2, 3]"
    ),
    (
      "EinsumDense", "abc,dc->abd", [6, 4],
      "int8 symmetric_with_clipping zp per_block(1,-1) keras-absmax as [6, 4]"
    ),
    ("LSTM", nil, [6, 4], "Keras does not quantize LSTM"),
    ("EinsumDense", "...x,xy->...y", [6, 4], "Keras cannot quantize the equation ...x,xy->...y"),
  ])
  func `kernels are quantized along what they sum up`(
    _ className: String, _ equation: String?, _ shape: [Int], _ expected: String
  ) throws {
    #expect(try fit(tensor(className, shape, equation: equation)) == expected)
  }

  @Test(arguments: [
    ("Dense", nil, [6, 4], [6, 4], 0), ("Embedding", nil, [6, 4], [6, 4], 1),
    ("EinsumDense", "abcd,cde->abe", [6, 2, 3], [12, 3], 0),
    ("EinsumDense", "abc,dc->abd", [6, 4], [4, 6], 0),
  ])
  func `int4 sees a matrix`(
    _ className: String, _ equation: String?, _ shape: [Int], _ view: [Int], _ axis: Int
  ) throws {
    let numbers = className == "Embedding" ? [0] : [0, 1]
    let tensor = tensor(className, shape, equation: equation, numbers: numbers)
    let blocks = try QuantizationSpec(
      dtype: .int4, scheme: .asymmetric, granularity: .perBlock(axis: nil, size: 128))
    #expect(
      try fit(tensor, KerasLayout(), blocks)
        == "int4 asymmetric zp per_block(axis \(axis), 128) keras-grouped as \(view)")
    #expect(
      try fit(tensor, KerasLayout(), QuantizationSpec(dtype: .int4))
        == "int4 symmetric zp per_channel(axis \(1 - axis)) keras-absmax as \(view)")
  }

  @Test func `in an archive only layers of the configuration are quantized`() throws {
    let archive = KerasLayout(isArchive: true)
    #expect(try fit(tensor("Dense", [6, 4]), archive).hasPrefix("int8"))
    #expect(
      try fit(tensor("Dense", [6, 4], isConfigured: false), archive)
        == "config.json does not tell of its layer")
    #expect(
      try fit(
        tensor("EinsumDense", [6, 4, 2], equation: "abc,cde->abde", isInAttention: true), archive)
        == "Keras cannot load quantized attentions from an archive")
  }

  @Test func `what Keras would do otherwise is refused`() throws {
    for tensor in [
      tensor(nil, [6, 4]), tensor("EinsumDense", [6, 4]),
      tensor("Dense", [6, 4], dtype: .bfloat16),
      tensor("Dense", [6, 4], numbers: [0, 1, 2]), tensor("Embedding", [6, 4], numbers: [0, 1]),
      tensor("Dense", [6, 4, 2]), tensor("Dense", [6, 4], numbers: [0, 2]),
      tensor("EinsumDense", [6, 4], equation: "abc,cde->abde"),
      tensor("EinsumDense", [6, 2, 3], equation: "abc,cde->abed"),
    ] {
      #expect(throws: LayoutError.self, "\(String(describing: tensor.layer))") { try fit(tensor) }
    }
  }

  @Test func `specs that Keras has no mode for are refused`() throws {
    for spec in [
      try QuantizationSpec(dtype: .uint8), try QuantizationSpec(dtype: .float8E4M3),
      try QuantizationSpec(scheme: .asymmetric), try QuantizationSpec(formulation: .minval),
      try QuantizationSpec(granularity: .perTensor),
      try QuantizationSpec(granularity: .perChannel(axis: 1)),
      try QuantizationSpec(dtype: .int4, granularity: .perBlock(axis: nil, size: 4)),
      try QuantizationSpec(scheme: .asymmetric, granularity: .perBlock(axis: nil, size: 4)),
      try QuantizationSpec(qparamsCalculator: "static"),
    ] {
      #expect(throws: LayoutError.self, "\(spec)") {
        try fit(tensor("Dense", [6, 4]), KerasLayout(), spec)
      }
    }
  }

  @Test func `other files are refused`() throws {
    var random = SeededGenerator(seed: 46)
    let bench = try Workbench([("a.weight", .init(.float32, [4, 4], &random))])
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.layout = KerasLayout()
    let takes = "files of Keras 3: .weights.h5 or .keras"
    for format in [OutputFormat.safetensors, .hdf5] {
      options.format = format
      #expect(throws: LayoutError.wrongInput(layout: "keras", takes: takes)) {
        try Conversion(of: bench.input, options)
      }
    }
    options.selection.exclude = ["*"]
    options.format = .safetensors
    #expect(
      throws: PlanError.wrongFormat(layout: "keras", .safetensors, takes: [.hdf5, .keras])
    ) { try Conversion(of: bench.input, options) }
  }

  @Test(arguments: [CoreAILayout(), CoreMLLayout()] as [any OutputLayout])
  func `reciprocal scales are not for layouts that divide`(_ layout: any OutputLayout) throws {
    var random = SeededGenerator(seed: 47)
    let bench = try Workbench([("a.weight", .init(.float32, [4, 4], &random))])
    var options = ConversionOptions(spec: try QuantizationSpec(qparamsCalculator: "keras-absmax"))
    options.layout = layout
    #expect(throws: LayoutError.self) { try Conversion(of: bench.input, options) }
    options.layout = NativeLayout()
    let output = try bench.convert(options)
    #expect(try Verification(of: output, against: bench.input).run().findings.isEmpty)
    let original = try SafetensorsFile(bench.input).tensors["a.weight"]?.values ?? []
    let floats = try #require(try bench.dequantized(output)["a.weight"])
    #expect(zip(original, floats.values).allSatisfy { abs($0 - $1) < 0.1 * abs($0) + 0.01 })
  }
}
