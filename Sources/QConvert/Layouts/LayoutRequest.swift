/// What a user asks of a layout: in the words of its ecosystem, and in those of specs as far as they say the
/// same. What is nil was not said.
public struct LayoutRequest: Sendable {
  /// The name of a variant.
  public var variant: String?
  /// The bits of a code.
  public var bits: Int?
  /// The elements of a group in the words of the ecosystem; -1 for a whole channel.
  public var groupSize: Int?
  /// The type to quantize to.
  public var dtype: QuantizedDType?
  /// How the range is laid onto the quantized values.
  public var scheme: QuantizationScheme?
  /// What has a scale of its own.
  public var groups: Groups?
  /// The elements of a block, or one number for every axis.
  public var blockSizes: [Int]?

  /// What has a scale of its own.
  public enum Groups: Hashable, Sendable {
    case tensor, channels, blocks
  }

  /// A request that says nothing.
  public init() {}
}
