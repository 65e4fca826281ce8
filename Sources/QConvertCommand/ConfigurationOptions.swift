import ArgumentParser
import QConvert
import SystemPackage

/// The options that say how the weights of which modules are quantized.
struct ConfigurationOptions: ParsableArguments {
  @OptionGroup(title: "Quantization") var quantization: QuantizationOptions

  @Option(
    help: ArgumentHelp(
      "The settings of a name: \(QuantizerConfig.presetNames.joined(separator: ", ")).",
      valueName: "name"))
  var preset: String?

  @Option(
    help: ArgumentHelp(
      "Settings by module, in the YAML of coreai-opt's QuantizerConfig.", valueName: "file.yaml"))
  var config: FilePath?

  @Option(
    help: ArgumentHelp(
      #"The classes of modules: {"a.b": "torch.nn.modules.linear.Linear"}."#,
      valueName: "file.json"))
  var moduleTypes: FilePath?

  @Option(help: "Quantize float tensors whose names match this glob, too. Repeatable.")
  var include: [String] = []

  @Option(help: "Copy tensors whose names match this glob. Repeatable.")
  var exclude: [String] = []

  @Flag(help: "Warn of patterns and rules that match nothing instead of failing.")
  var allowUnmatched = false

  @Option(
    help: ArgumentHelp(
      "Fail when less than this share of all tensor bytes, biases and norms too, would be quantized.",
      valueName: "0...1"))
  var requireCoverage: Double = 0

  func validate() throws {
    if preset != nil, config != nil { throw ValidationError("--preset does not go with --config") }
    if preset != nil, quantization.isGiven {
      throw ValidationError("--preset does not go with other settings of the quantization")
    }
    guard 0...1 ~= requireCoverage else {
      throw ValidationError("--require-coverage takes a share from 0 to 1, not \(requireCoverage)")
    }
  }

  /// What sets the name of an output apart by default.
  func label(for layout: (any OutputLayout)?) -> String {
    preset ?? config.map { $0.stem ?? "quantized" } ?? quantization.label(for: layout)
  }

  /// The options of a conversion into a layout, as far as they are here.
  func makeOptions(for layout: any OutputLayout) throws -> ConversionOptions {
    var options = ConversionOptions(configuration: try configuration(for: layout))
    options.layout = layout.adapted(to: quantization.request)
    if let moduleTypes { options.moduleTypes = try ModuleTypes(contentsOf: moduleTypes) }
    options.selection = TensorSelection(include: include, exclude: exclude)
    options.allowsUnmatched = allowUnmatched
    options.requiredCoverage = requireCoverage
    return options
  }

  private func configuration(for layout: any OutputLayout) throws -> QuantizerConfig {
    if let preset {
      guard let configuration = QuantizerConfig.preset(preset) else {
        throw ValidationError(
          "no preset is called \(preset); there are: "
            + QuantizerConfig.presetNames.joined(separator: " "))
      }
      return configuration
    }
    guard let config else { return QuantizerConfig(spec: try quantization.spec(for: layout)) }
    let configuration = try QuantizerConfig(contentsOf: config)
    guard quantization.isGiven else { return configuration }
    if configuration.hasGlobal {
      throw ValidationError(
        "\(config) has a global_config: other settings of the quantization do not go with it")
    }
    return configuration.withDefault(try quantization.spec(for: layout))
  }
}
