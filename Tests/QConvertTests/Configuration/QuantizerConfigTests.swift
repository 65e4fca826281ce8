import Testing

@testable import QConvert

@Suite struct QuantizerConfigTests {
  private func spec(_ text: String) throws -> QuantizationSpec? {
    let config = try QuantizerConfig(
      yaml: "quantization_config: {global_config: {op_state_spec: {weight: \(text)}}}")
    return config.globalRule?.config.opState["weight"]?.spec
  }

  @Test func `a spec has the reference's defaults`() throws {
    #expect(try spec("{}") == QuantizationSpec(dtype: .int8, granularity: .perTensor))
  }

  @Test func `every setting of a spec is read`() throws {
    let text = """
      {dtype: uint4, qscheme: asymmetric, qformulation: minval, float_range: [-1, 0.5],
       granularity: {type: per_block, axis: -1, block_size: 16}, qparam_calculator_cls: static,
       range_calculator_cls: percentile, fake_quantize_cls: default, scale_dtype: null}
      """
    let expected = try QuantizationSpec(
      dtype: .uint4, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: -1, size: 16), floatRange: FloatRange(low: -1, high: 0.5),
      qparamsCalculator: "static", rangeCalculator: "percentile")
    #expect(try spec(text) == expected)
  }

  @Test(arguments: [
    ("{dtype: float8_e4m3, scale_dtype: float8_e8m0}", "float8_e4m3fn per_tensor e8m0 scales"),
    ("{dtype: float4_e2m1fn_x2}", "float4_e2m1fn per_tensor e8m0 scales"),
    ("{granularity: {type: per_channel, axis: null}}", "int8 symmetric zp per_channel"),
    ("{granularity: {type: per_channel, axis: 1.0}}", "int8 symmetric zp per_channel(axis 1)"),
    ("{granularity: {type: per_block, block_size: [4, -1]}}", "int8 symmetric zp per_block(4,-1)"),
    ("{granularity: {axis: null, type: per_tensor}}", "int8 symmetric zp per_tensor"),
    ("{float_range: [null, null]}", "int8 symmetric zp per_tensor"),
    ("{float_range: [null, 2]}", "int8 symmetric zp per_tensor range none,2.0"),
    // What the reference writes beside the settings.
    (
      "{n_bits: 8, target_dtype: x, _quant_range: [1], quant_min: 0, quant_max: 1}",
      "int8 symmetric zp per_tensor"
    ),
  ])
  func `specs are read as the reference reads them`(_ text: String, _ words: String) throws {
    #expect(try spec(text).map { "\($0)" } == words)
  }

  @Test(arguments: [
    ("w8", "int8 symmetric zp per_channel"), ("w4", "int4 symmetric zp per_channel"),
    ("w4_per_block", "int4 symmetric zp per_block(32)"), ("fp8", "float8_e4m3fn per_channel"),
    ("mxfp4", "float4_e2m1fn per_block(32) e8m0 scales"),
    ("mxfp8", "float8_e4m3fn per_block(32) e8m0 scales"),
  ])
  func `a preset quantizes all weights`(_ name: String, _ words: String) throws {
    let assignment = try SpecAssignment(
      #require(QuantizerConfig.preset(name)), ModuleTypes(), names: ["a.weight"])
    guard case .spec(let spec, let rule, takesVectors: false) = assignment.decision(for: "a.weight")
    else {
      Issue.record("not quantized")
      return
    }
    #expect("\(spec)" == words)
    #expect("\(rule)" == "preset \(name)")
    #expect(assignment.decision(for: "a.bias") == .none(.preset(name)))
  }

  @Test func `there are as many presets as names`() {
    #expect(QuantizerConfig.presetNames.allSatisfy { QuantizerConfig.preset($0) != nil })
    #expect(QuantizerConfig.preset("w2") == nil)
  }

  @Test func `a default is for a file that says nothing of the whole model`() throws {
    let given = try QuantizationSpec(dtype: .uint2)
    let empty = try QuantizerConfig(yaml: "quantization_config: {}")
    #expect(!empty.hasGlobal)
    #expect(empty.withDefault(given).hasGlobal)
    #expect(empty.withDefault(given) == QuantizerConfig(spec: given))
    for global in ["null", "{}", "{op_state_spec: null}"] {
      let config = try QuantizerConfig(yaml: "quantization_config: {global_config: \(global)}")
      #expect(config.hasGlobal)
      #expect(config.withDefault(given) == config)
    }
  }

  @Test func `what means nothing for a checkpoint is told once for each kind`() throws {
    let config = try QuantizerConfig(
      yaml: """
        quantization_config:
          execution_mode: PT2E
          preserved_attributes: [a]
          kv_cache_quant_configs:
            update: {op_quantizer_config: {op_input_spec: {1: {}}, op_output_spec: , op_state_spec: }}
          global_config:
            op_input_spec: {"*": {}}
            op_type_config: {softmax: null, linear: {op_output_spec: {0: {}}}}
          module_name_configs:
            a:
              op_input_spec: {0: {}, 1: null}
              op_type_config: {add: null, softmax: null}
              module_output_spec: {0: {}}
              qat_schedule: {enable_observer: 0}
        """)
    #expect(
      config.notes == [
        "activation settings have no meaning for a checkpoint: op_input_spec, op_output_spec, "
          + "module_output_spec, kv_cache_quant_configs",
        "settings of ops without weights have no meaning for a checkpoint: softmax, add",
        "settings of training and tracing have no meaning for a checkpoint: qat_schedule, "
          + "preserved_attributes",
      ])
  }

  @Test func `activations that are off are no news`() throws {
    let config = try QuantizerConfig(
      yaml: """
        quantization_config:
          preserved_attributes: null
          kv_cache_quant_configs:
          global_config: {op_input_spec: null, op_output_spec: {"*": null}, qat_schedule: null}
          module_name_configs: {a: {module_input_spec: {}, module_output_spec: null}}
        """)
    #expect(config.notes.isEmpty)
  }
}
