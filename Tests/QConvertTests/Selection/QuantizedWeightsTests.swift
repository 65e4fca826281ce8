import Testing

@testable import QConvert

/// Weights that other tools have quantized, told by what stands beside them.
@Suite struct QuantizedWeightsTests {
  private static func tensor(_ name: String, _ dtype: DType) -> TensorDescriptor {
    TensorDescriptor(
      name: TensorName(name), dtype: dtype, shape: [4, 4], bytes: 0..<dtype.bitWidth * 2)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The values, their type, their scale.
    let weight: (String, DType)
    let scale: (String, DType)
    /// What else belongs to them.
    var others: [(String, DType)] = []

    static let all = [
      Case(
        testDescription: "DeepSeek", weight: ("a.weight", .float8E4M3),
        scale: ("a.weight_scale_inv", .float32)),
      Case(
        testDescription: "ModelOpt float8", weight: ("a.weight", .float8E4M3),
        scale: ("a.weight_scale", .float32), others: [("a.input_scale", .float32)]),
      Case(
        testDescription: "ModelOpt float4", weight: ("a.weight", .uint8),
        scale: ("a.weight_scale", .float8E4M3),
        others: [("a.weight_scale_2", .float32), ("a.input_scale", .float32)]),
      Case(
        testDescription: "compressed-tensors", weight: ("a.weight_packed", .int32),
        scale: ("a.weight_scale", .bfloat16),
        others: [("a.weight_zero_point", .int32), ("a.weight_shape", .int64)]),
      Case(
        testDescription: "GPTQ", weight: ("a.qweight", .int32), scale: ("a.scales", .float16),
        others: [("a.qzeros", .int32), ("a.g_idx", .int32)]),
      Case(
        testDescription: "MLX", weight: ("a.weight", .uint32), scale: ("a.scales", .bfloat16),
        others: [("a.biases", .bfloat16)]),
      Case(
        testDescription: "gpt-oss", weight: ("mlp.experts.gate_up_proj_blocks", .uint8),
        scale: ("mlp.experts.gate_up_proj_scales", .uint8)),
      Case(
        testDescription: "bitsandbytes int8", weight: ("a.weight", .int8),
        scale: ("a.SCB", .float32), others: [("a.weight_format", .uint8)]),
      Case(
        testDescription: "bitsandbytes nf4", weight: ("a.weight", .uint8),
        scale: ("a.weight.absmax", .float32),
        others: [
          ("a.weight.quant_map", .float32), ("a.weight.quant_state.bitsandbytes__nf4", .uint8),
        ]),
      Case(
        testDescription: "coreai-opt", weight: ("a.quantized_data", .int8),
        scale: ("a.scale", .float32), others: [("a.zero_point", .int8)]),
      Case(
        testDescription: "qconvert", weight: ("a.weight", .int8),
        scale: ("a.weight_scale", .float32),
        others: [("a.weight_zero_point", .int32), ("a.weight_minval", .float32)]),
      Case(
        testDescription: "no module", weight: ("weight", .int8), scale: ("scales", .float16)),
    ]
  }

  @Test(arguments: Case.all)
  func `a weight and all that belongs to it are told`(_ example: Case) {
    let all = [example.weight, example.scale] + example.others
    // The order in the file does not matter.
    for order in [all, all.reversed()] {
      let weights = QuantizedWeights(order.map { Self.tensor($0.0, $0.1) })
      let name = TensorName(example.weight.0)
      #expect(
        weights.reasonToCopy(name)
          == .alreadyQuantized(example.weight.1, scale: TensorName(example.scale.0)))
      for (other, _) in [example.scale] + example.others {
        #expect(weights.reasonToCopy(TensorName(other)) == .parameter(of: name), "\(other)")
      }
    }
  }

  @Test(arguments: [
    // Floats are no quantized values, whatever stands beside them.
    [("a.weight", DType.float32), ("a.weight_scale", .float32)],
    [("a.weight", .bfloat16), ("a.scales", .float16)],
    // Without a scale, and with that of another.
    [("a.weight", .int8)], [("a.weight", .int8), ("b.weight_scale", .float32)],
    [("a.weight", .int8), ("b.scales", .float32)],
    [("a.weight", .float8E4M3), ("a.bias", .float32)],
    // What a module's scale belongs to is its weight.
    [("a.position_ids", .int32), ("a.scales", .float32)],
    // A zero point alone is no scale; nor are types too wide for quantized values.
    [("a.weight", .int8), ("a.weight_zero_point", .int8)],
    [("a.weight", .int64), ("a.weight_scale", .float32)],
    [("a.weight", .bool), ("a.scales", .float32)],
  ])
  func `what is no quantized weight is none`(_ tensors: [(String, DType)]) {
    let weights = QuantizedWeights(tensors.map { Self.tensor($0.0, $0.1) })
    for (name, _) in tensors { #expect(weights.reasonToCopy(TensorName(name)) == nil, "\(name)") }
  }

  @Test func `modules are told apart`() {
    let weights = QuantizedWeights([
      Self.tensor("a.weight", .int8), Self.tensor("a.weight_scale", .float32),
      Self.tensor("b.weight", .float32), Self.tensor("b.weight_scale", .float32),
      Self.tensor("a.bias", .float32),
    ])
    #expect(weights.reasonToCopy("a.weight") != nil)
    for name: TensorName in ["b.weight", "b.weight_scale", "a.bias", "c"] {
      #expect(weights.reasonToCopy(name) == nil)
    }
  }
}
