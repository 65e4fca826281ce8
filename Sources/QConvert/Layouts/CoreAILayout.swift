/// The state dict of a model that coreai-opt has finalized for Core AI in eager mode: quantized data
/// and parameters in place of the weight.
public struct CoreAILayout: OutputLayout {
  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "coreai" }
  /// Whether scale and minval are rounded to the precision of the tensor.
  public var roundsQParams: Bool { true }

  /// Which types share bytes.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    spec.dtype == .float4E2M1 ? CodePacking(bits: 4) : nil
  }

  /// An empty original, the quantized data, the scale, and the zero point or minval.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let base = parametrization(of: tensor.name)
    let original = OutputEntry(base + ".original", tensor.precision.dtype, [0], .constant([]))
    return [original]
      + (try finalizedEntries(for: tensor, in: self, base + ".0.quantized_data") { parameter in
        "\(base).0.\(parameter)"
      })
  }
}

/// The state dict of a model that coreai-opt has finalized for Core AI in graph mode.
public struct CoreAIGraphLayout: OutputLayout {
  /// The layout.
  public init() {}

  /// The name on the command line.
  public var name: String { "coreai-graph" }
  /// Whether scale and minval are rounded to the precision of the tensor.
  public var roundsQParams: Bool { true }

  /// Which types share bytes.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    CoreAILayout().packing(of: spec)
  }

  /// An empty original, the quantized data, the scale, and the zero point or minval.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    let flat = tensor.name.string.split(separator: ".", omittingEmptySubsequences: false)
      .joined(separator: "_")
    let original = OutputEntry(tensor.name.string, tensor.precision.dtype, [0], .constant([]))
    return [original]
      + (try finalizedEntries(for: tensor, in: self, flat + "_quantized") { parameter in
        "\(flat)_\(parameter)"
      })
  }
}

/// The entries both finalized layouts share, under the names each gives them.
private func finalizedEntries(
  for tensor: QuantizedTensor, in layout: some OutputLayout, _ data: String,
  parameter: (String) -> String
) throws(LayoutError) -> [OutputEntry] {
  let spec = tensor.spec
  let precision = tensor.precision.dtype
  if spec.dtype == .float4E2M1 {
    try checkFloat4(tensor, in: layout)
  }
  var dataShape = tensor.shape
  if spec.dtype == .float4E2M1 { dataShape[dataShape.count - 1] /= 2 }
  let dataType = spec.dtype == .float4E2M1 ? .uint8 : spec.dtype.storage
  let scaleType = spec.scaleDType == .float8E8M0 ? DType.float8E8M0 : precision
  var entries = [
    OutputEntry(data, dataType, dataShape, .quantized),
    OutputEntry(parameter("scale"), scaleType, tensor.grid, .scale),
  ]
  if spec.dtype.isInteger {
    entries.append(
      spec.formulation == .zeroPoint
        ? OutputEntry(parameter("zero_point"), spec.dtype.storage, tensor.grid, .zeroPoint)
        : OutputEntry(parameter("minval"), precision, tensor.grid, .minval))
  }
  return entries
}

/// Core AI's float4 tensors have blocks of 32 along the last axis, and no others.
private func checkFloat4(
  _ tensor: QuantizedTensor, in layout: some OutputLayout
) throws(LayoutError) {
  guard tensor.precision != .float64 else {
    throw .unsupported(layout: layout.name, what: "float4 of a float64 tensor", tensor.name)
  }
  let last = tensor.shape.count - 1
  let block = zip(tensor.shape, tensor.grid).map { $0 / $1 }
  guard last >= 0, block[last] == 32, block.dropLast().allSatisfy({ $0 == 1 }) else {
    throw .unsupported(
      layout: layout.name, what: "float4 other than in blocks of 32 along the last axis",
      tensor.name)
  }
}
