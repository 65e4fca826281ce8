import QConvert
import Testing

@Suite struct OutputLayoutTests {
  /// An entry as text: name, type, shape and what fills it.
  private func lines(_ entries: [OutputEntry]) -> [String] {
    entries.map { "\($0.name) \($0.dtype) \($0.shape) \($0.content)" }
  }

  /// The entries that a tensor gets, by way of a plan.
  private func entries(
    _ layout: any OutputLayout, _ spec: QuantizationSpec, name: String = "m.n.weight",
    precision: FloatPrecision = .bfloat16, shape: [Int] = [4, 64]
  ) throws -> [String] {
    var random = SeededGenerator(seed: 22)
    let bench = try Workbench([(name, .init(precision, shape, &random))])
    var options = ConversionOptions(spec: spec)
    options.layout = layout
    let plan = try Conversion(of: bench.input, options).plan
    return lines(plan.tensors.flatMap(\.entries).map(\.entry))
  }

  @Test func `native keeps the name and puts parameters beside it`() throws {
    #expect(
      try entries(NativeLayout(), QuantizationSpec()) == [
        "m.n.weight I8 [4, 64] quantized",
        "m.n.weight_scale F32 [4, 1] scale",
        "m.n.weight_zero_point I32 [4, 1] zeroPoint",
        "m.n.weight_minval F32 [4, 1] minval",
      ])
    #expect(
      try entries(NativeLayout(), QuantizationSpec(dtype: .float4E2M1)) == [
        "m.n.weight F8_E4M3 [4, 64] quantized", "m.n.weight_scale F32 [4, 1] scale",
      ])
  }

  @Test(arguments: [
    (QuantizedDType.int4, 7, 4), (.uint4, 8, 4), (.int2, 9, 3), (.uint2, 8, 2),
    (.float4E2M1, 7, 4),
  ])
  func `native packs the last axis`(_ dtype: QuantizedDType, _ length: Int, _ packed: Int) throws {
    let lines = try entries(
      NativeLayout(isPacked: true), QuantizationSpec(dtype: dtype), shape: [3, length])
    #expect(lines.first == "m.n.weight U8 [3, \(packed)] quantized")
  }

  @Test(arguments: [QuantizedDType.int8, .uint8, .float8E4M3, .float8E5M2])
  func `native does not pack whole bytes`(_ dtype: QuantizedDType) throws {
    let spec = try QuantizationSpec(dtype: dtype)
    #expect(
      try entries(NativeLayout(isPacked: true), spec) == entries(NativeLayout(), spec))
  }

  @Test func `coreai-prepared has the buffers of a fake quantizer`() throws {
    let quantizer = "m.n.parametrizations.weight.0"
    let common = [
      "m.n.parametrizations.weight.original BF16 [4, 64] original",
      "\(quantizer).fake_quant_enabled U8 [1] constant([1])",
      "\(quantizer).observer_enabled U8 [1] constant([0])",
      "\(quantizer)._disabled BOOL [] constant([0])",
      "\(quantizer).qparams_calculator.scale F32 [4, 1] scale",
    ]
    #expect(
      try entries(CoreAIPreparedLayout(), QuantizationSpec()) == common + [
        "\(quantizer).qparams_calculator.zero_point I32 [4, 1] zeroPoint",
        "\(quantizer).qparams_calculator.minval F32 [4, 1] minval",
      ])
    #expect(
      try entries(CoreAIPreparedLayout(), QuantizationSpec(dtype: .float8E4M3)) == common)
  }

  @Test func `coreai has data and parameters in the precision of the tensor`() throws {
    let base = "m.n.parametrizations.weight"
    let asymmetric = try QuantizationSpec(
      dtype: .uint4, scheme: .asymmetric, formulation: .minval)
    #expect(
      try entries(CoreAILayout(), QuantizationSpec()) == [
        "\(base).original BF16 [0] constant([])",
        "\(base).0.quantized_data I8 [4, 64] quantized", "\(base).0.scale BF16 [4, 1] scale",
        "\(base).0.zero_point I8 [4, 1] zeroPoint",
      ])
    #expect(
      try entries(CoreAILayout(), asymmetric, precision: .float32) == [
        "\(base).original F32 [0] constant([])",
        "\(base).0.quantized_data U8 [4, 64] quantized", "\(base).0.scale F32 [4, 1] scale",
        "\(base).0.minval F32 [4, 1] minval",
      ])
  }

  @Test func `float4 of Core AI is packed in blocks of 32 with e8m0 scales`() throws {
    let spec = try QuantizationSpec(
      dtype: .float4E2M1, granularity: .perBlock(axis: nil, size: 32))
    #expect(
      try entries(CoreAIGraphLayout(), spec) == [
        "m.n.weight BF16 [0] constant([])",
        "m_n_weight_quantized U8 [4, 32] quantized",
        "m_n_weight_scale F8_E8M0 [4, 2] scale",
      ])
  }

  @Test(arguments: [CoreAILayout(), CoreAIGraphLayout()] as [any OutputLayout])
  func `float4 of Core AI in other blocks is an error`(_ layout: any OutputLayout) {
    for granularity in [
      Granularity.perTensor, .perChannel(axis: 0), .perBlock(axis: nil, size: 16),
      .perBlock(axis: 0, size: 2), .perBlocks([2, 32]),
    ] {
      #expect(throws: LayoutError.self, "\(granularity)") {
        try entries(
          layout, QuantizationSpec(dtype: .float4E2M1, granularity: granularity))
      }
    }
  }

  @Test func `coreml has floats, and buffers of the module`() throws {
    let buffers = "m.n._COREML_/weight"
    #expect(
      try entries(CoreMLLayout(), QuantizationSpec(dtype: .uint4)) == [
        "m.n.weight BF16 [4, 64] dequantized",
        "\(buffers)/compression_type I64 [1] constant([3, 0, 0, 0, 0, 0, 0, 0])",
        "\(buffers)/quantization_n_bits I64 [] constant([4, 0, 0, 0, 0, 0, 0, 0])",
        "\(buffers)/quantization_scale F32 [4, 1] scale",
        "\(buffers)/zero_point U8 [4, 1] zeroPoint",
      ])
    #expect(
      lines(CoreMLLayout().closingEntries) == [
        "_COREML_/metadata_version I64 [] constant([1, 0, 0, 0, 0, 0, 0, 0])"
      ])
  }

  @Test(arguments: [QuantizedDType.int2, .uint2, .float8E4M3, .float8E5M2, .float4E2M1])
  func `coreml holds integers of 4 and 8 bits only`(_ dtype: QuantizedDType) {
    let error = LayoutError.unsupported(
      layout: "coreml", what: dtype.rawValue, "m.n.weight")
    #expect(throws: error) {
      try entries(CoreMLLayout(), QuantizationSpec(dtype: dtype))
    }
  }

  @Test func `coreml has no minval`() {
    let error = LayoutError.unsupported(
      layout: "coreml", what: "the formulation minval", "m.n.weight")
    #expect(throws: error) {
      try entries(CoreMLLayout(), QuantizationSpec(formulation: .minval))
    }
  }

  @Test func `a parameter of no module has no dot before it`() throws {
    let spec = try QuantizationSpec()
    #expect(
      try entries(CoreAILayout(), spec, name: "weight").first
        == "parametrizations.weight.original BF16 [0] constant([])")
    #expect(
      try entries(CoreMLLayout(), spec, name: "weight")[3]
        == "_COREML_/weight/quantization_scale F32 [4, 1] scale")
  }

  @Test func `layouts are known by their names`() {
    for name in Layouts.names { #expect(Layouts.named(name)?.name == name) }
    #expect(Layouts.names.first == "native")
    #expect(Layouts.named("awq") == nil)
    #expect((Layouts.named("native", isPacked: true) as? NativeLayout)?.isPacked == true)
  }
}
