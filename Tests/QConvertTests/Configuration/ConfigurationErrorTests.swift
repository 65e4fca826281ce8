import Testing

@testable import QConvert

@Suite struct ConfigurationErrorTests {
  private func message(_ yaml: String) -> String? {
    let error = #expect(throws: ConfigurationError.self) { try QuantizerConfig(yaml: yaml) }
    return error.map { "\($0)" }
  }

  private static let specKeys =
    "dtype qscheme qformulation granularity float_range scale_dtype qparam_calculator_cls "
    + "range_calculator_cls fake_quantize_cls"
  private static let moduleKeys =
    "op_input_spec op_output_spec op_state_spec op_type_config op_name_config module_input_spec "
    + "module_output_spec module_state_spec qat_schedule"
  private static let weight = "quantization_config.global_config.op_state_spec.weight"

  @Test(arguments: [
    ("", "the configuration is not a mapping"), ("- 1", "the configuration is not a mapping"),
    ("a", "the configuration is not a mapping"), ("{}", "quantization_config is missing"),
    ("quantization_spec: {}", "quantization_config is missing"),
    ("quantization_config:", "quantization_config is not a mapping"),
    ("quantization_config: []", "quantization_config is not a mapping"),
    (
      "kmeans_palettization_config: {}",
      "unknown key kmeans_palettization_config; there are: quantization_config quantization_spec"
    ),
    (
      "quantization_config: {globl_config: {}}",
      "unknown key quantization_config.globl_config; there are: global_config module_type_configs "
        + "module_name_configs preserved_attributes execution_mode kv_cache_quant_configs"
    ),
    (
      "quantization_config: {global_config: {weight: {}}}",
      "unknown key quantization_config.global_config.weight; there are: \(moduleKeys)"
    ),
    (
      "quantization_config: {module_name_configs: {\"a.b\": {op_type_config: {linear: {x: 1}}}}}",
      "unknown key quantization_config.module_name_configs[\"a.b\"].op_type_config.linear.x; "
        + "there are: op_input_spec op_output_spec op_state_spec"
    ),
    (
      "quantization_config: {global_config: 1}",
      "quantization_config.global_config is not a mapping"
    ),
    (
      "quantization_config: {module_type_configs: [1]}",
      "quantization_config.module_type_configs is not a mapping"
    ),
    (
      "quantization_config: {module_name_configs: {a: 1}}",
      "quantization_config.module_name_configs.a is not a mapping"
    ),
    (
      "quantization_config: {global_config: {op_state_spec: 1}}",
      "quantization_config.global_config.op_state_spec is not a mapping"
    ),
    (
      "quantization_config: {global_config: {op_type_config: {linear: 1}}}",
      "quantization_config.global_config.op_type_config.linear is not a mapping"
    ),
    (
      "quantization_config: {global_config: {qat_schedule: 1}}",
      "quantization_config.global_config.qat_schedule is not a mapping"
    ),
    (
      "quantization_config: {global_config: {op_input_spec: {0: {dtyp: int8}}}}",
      "unknown key quantization_config.global_config.op_input_spec.0.dtyp; there are: \(specKeys)"
    ),
    (
      "quantization_config: {global_config: {module_state_spec: {weight: {}}}}",
      "quantization_config.global_config.module_state_spec has no meaning for every module; it "
        + "belongs to module_type_configs or module_name_configs"
    ),
    (
      "quantization_config: {execution_mode: fast}",
      "quantization_config.execution_mode is fast; there are: graph eager"
    ),
    (
      "quantization_config: {execution_mode: null}",
      "quantization_config.execution_mode is not a string"
    ),
    (
      "quantization_config: {preserved_attributes: [a, 1]}",
      "quantization_config.preserved_attributes is not a list of strings"
    ),
    (
      "quantization_config: {kv_cache_quant_configs: {update: {}}}",
      "quantization_config.kv_cache_quant_configs.update.op_quantizer_config is missing"
    ),
  ])
  func `a setting that cannot be is named with its path`(_ yaml: String, _ expected: String) {
    #expect(message(yaml) == expected)
  }

  /// A spec and what is wrong with it.
  @Test(arguments: [
    ("1", " is not a mapping"), ("[]", " is not a mapping"),
    ("{dtype: 8}", ".dtype is not a string"), ("{dtype: null}", ".dtype is not a string"),
    (
      "{dtype: INT8}",
      ".dtype is INT8; there are: int8 uint8 int4 uint4 int2 uint2 float8_e4m3fn float8_e5m2 "
        + "float4_e2m1fn"
    ),
    (
      "{qscheme: SYMMETRIC}",
      ".qscheme is SYMMETRIC; there are: symmetric symmetric_with_clipping asymmetric"
    ),
    ("{qformulation: none}", ".qformulation is none; there are: zp minval"),
    ("{scale_dtype: float32}", ".scale_dtype is float32; there are: float8_e8m0fnu"),
    ("{fake_quantize_cls: mine}", ".fake_quantize_cls is mine; there are: default"),
    ("{qparam_calculator_cls: null}", ".qparam_calculator_cls is not a string"),
    ("{granularity: per_tensor}", ".granularity is not a mapping"),
    ("{granularity: null}", ".granularity is not a mapping"),
    ("{granularity: {axis: 1}}", ".granularity.type is missing"),
    (
      "{granularity: {type: per_row}}",
      ".granularity.type is per_row; there are: per_tensor per_channel per_block"
    ),
    ("{granularity: {type: per_channel, axis: '1'}}", ".granularity.axis is not a whole number"),
    ("{granularity: {type: per_channel, axis: 0.5}}", ".granularity.axis is not a whole number"),
    ("{granularity: {type: per_block}}", ".granularity.block_size is missing"),
    (
      "{granularity: {type: per_block, block_size: null}}",
      ".granularity.block_size is not a whole number"
    ),
    (
      "{granularity: {type: per_block, block_size: [1, a]}}",
      ".granularity.block_size is not a list of whole numbers"
    ),
    (
      "{granularity: {type: per_block, axis: 1, block_size: [1, 2]}}",
      ".granularity: an axis goes with one block size, not with a list of them"
    ),
    (
      "{granularity: {type: per_block, block_size: 0}}",
      ": a block size is positive, or -1 for a whole axis in a list: not 0"
    ),
    ("{float_range: null}", ".float_range is not a list of two numbers or nulls"),
    ("{float_range: [1]}", ".float_range is not a list of two numbers or nulls"),
    ("{float_range: [-1, 1e3]}", ".float_range is not a list of two numbers or nulls"),
    (
      "{float_range: [1, 2]}",
      ".float_range: a float range is low <= 0 <= high with low < high, in float32: not 1.0,2.0"
    ),
    (
      "{dtype: float8_e5m2, qscheme: asymmetric}",
      ": float8_e5m2 takes the scheme symmetric, not asymmetric"
    ),
    (
      "{dtype: int4, scale_dtype: float8_e8m0fnu}",
      ": int4 takes no scale dtype; float8_e8m0fnu scales go with float8 and float4"
    ),
  ])
  func `a spec that cannot be is named with its path`(_ spec: String, _ expected: String) {
    let yaml = "quantization_config: {global_config: {op_state_spec: {weight: \(spec)}}}"
    #expect(message(yaml) == Self.weight + expected)
  }

  @Test(arguments: [
    ("{dtyp: int4}", "dtyp", specKeys),
    ("{granularity: {type: per_tensor, axis: 0}}", "granularity.axis", "type"),
    ("{granularity: {type: per_channel, block_size: 3}}", "granularity.block_size", "type axis"),
    ("{granularity: {type: per_tensor, block_size: 3}}", "granularity.block_size", "type axis"),
  ])
  func `an unknown key of a spec is named with its path`(
    _ spec: String, _ key: String, _ known: String
  ) {
    let yaml = "quantization_config: {global_config: {op_state_spec: {weight: \(spec)}}}"
    #expect(message(yaml) == "unknown key \(Self.weight).\(key); there are: \(known)")
  }

  @Test func `texts of a file are shown fit for a terminal`() {
    let text = message("\"quantization\\e_config\": 1")
    #expect(text?.contains("\u{1b}") == false)
    #expect(text?.hasPrefix("unknown key ") == true)
  }
}
