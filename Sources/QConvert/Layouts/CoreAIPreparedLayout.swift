/// The state dict of a model that coreai-opt has prepared in eager mode: the float weight with the
/// buffers of its fake quantizer.
public struct CoreAIPreparedLayout: OutputLayout {
  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "coreai-prepared" }

  /// The float weight, then the state of its fake quantizer.
  public func entries(for tensor: QuantizedTensor) -> [OutputEntry] {
    let base = parametrization(of: tensor.name)
    let quantizer = base + ".0"
    let calculator = quantizer + ".qparams_calculator"
    var entries = [
      OutputEntry(base + ".original", tensor.precision.dtype, tensor.shape, .original),
      OutputEntry(quantizer + ".fake_quant_enabled", .uint8, [1], .constant([1])),
      OutputEntry(quantizer + ".observer_enabled", .uint8, [1], .constant([0])),
      OutputEntry(quantizer + "._disabled", .bool, [], .constant([0])),
      OutputEntry(calculator + ".scale", .float32, tensor.grid, .scale),
    ]
    if tensor.spec.dtype.isInteger {
      entries += [
        OutputEntry(calculator + ".zero_point", .int32, tensor.grid, .zeroPoint),
        OutputEntry(calculator + ".minval", .float32, tensor.grid, .minval),
      ]
    }
    return entries
  }
}

/// Where torch keeps a parametrized parameter: `M.parametrizations.p`.
func parametrization(of name: TensorName) -> String {
  let module = name.module
  return (module.isEmpty ? "" : module + ".") + "parametrizations." + name.parameter
}
