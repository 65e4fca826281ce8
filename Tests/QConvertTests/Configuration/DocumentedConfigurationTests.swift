import Fixtures
import Foundation
import Testing

@testable import QConvert

/// Each case that the documentation of coreai-opt has an example of, with the selection that it states.
@Suite struct DocumentedConfigurationTests {
  private static let types = """
    {"": "m.Model", "embedding": "torch.nn.modules.sparse.Embedding",
     "encoder.layer.0": "m.Attention", "encoder.layer.0.q": "torch.nn.modules.linear.Linear",
     "encoder.mix": "torch.nn.modules.activation.MultiheadAttention",
     "decoder.up.0": "torch.nn.modules.conv.ConvTranspose2d",
     "decoder.up.1": "torch.nn.modules.conv.ConvTranspose2d"}
    """
  private static let names: [TensorName] = [
    "embedding.weight", "encoder.layer.0.q.weight", "encoder.layer.0.q.bias",
    "decoder.up.0.weight", "decoder.up.1.weight",
  ]
  private static let defaults = "int8 symmetric zp per_channel(axis 0) static"

  /// A file, what becomes of the names above, what met nothing, and how many notes there are.
  @Test(arguments: [
    (
      "microscaling",
      [
        "float4_e2m1fn per_block(32) e8m0 scales", "float4_e2m1fn per_block(32) e8m0 scales", "-",
        "float4_e2m1fn per_block(axis 0, 32) e8m0 scales",
        "float4_e2m1fn per_block(axis 0, 32) e8m0 scales",
      ], [], 1
    ),
    ("without_linear_ops", [defaults, "off", "off", defaults, defaults], [], 0),
    ("without_linear_modules", [defaults, "off", "off", defaults, defaults], [], 0),
    (
      "softmax_in_a_class", [defaults, defaults, "-", defaults, defaults],
      [#"module_type_configs "Attention""#], 1
    ),
    ("softmax_in_a_module", [defaults, defaults, "-", defaults, defaults], [], 1),
    ("concat_inputs", [defaults, defaults, "-", defaults, defaults], [], 2),
    ("linear_only", ["off", "int8 symmetric zp per_channel", "-", "off", "off"], [], 1),
    (
      "one_op", ["off", "off", "off", "off", "off"],
      [#"global_config, op_name_config "linear_7""#], 0
    ),
    (
      "linear_and_embedding",
      ["int8 symmetric zp per_channel", "int4 symmetric zp per_block(32)", "-", "off", "off"], [], 0
    ),
    ("module_boundaries", [defaults, defaults, "-", defaults, defaults], [], 1),
    (
      "axis_of_one_layer",
      [
        "int4 symmetric zp per_block(32)", "int4 symmetric zp per_block(32)", "-",
        "int4 symmetric zp per_block(axis 1, 32)", "int4 symmetric zp per_block(axis 0, 32)",
      ], [], 0
    ),
  ])
  func `a documented case selects what the documentation says`(
    _ file: String, _ expected: [String], _ unmatched: [String], _ notes: Int
  ) throws {
    let path = Fixtures.configurations.appending("\(file).yaml").string
    let config = try QuantizerConfig(yaml: String(contentsOfFile: path, encoding: .utf8))
    let assignment = try SpecAssignment(
      config, ModuleTypes(json: Self.types.utf8), names: Self.names)
    let found = Self.names.map { name in
      switch assignment.decision(for: name) {
      case .spec(let spec, _, _): "\(spec)"
      case .off: "off"
      case .none: "-"
      }
    }
    #expect(found == expected)
    #expect(assignment.unmatched.map(\.description) == unmatched)
    #expect(config.notes.count == notes)
  }

  @Test func `every file is tested`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Fixtures.configurations.string)
    #expect(files.count == 11)
  }
}
