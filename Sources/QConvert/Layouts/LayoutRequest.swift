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

  /// Whose formulas compute the parameters and the codes.
  public var formulas: Formulas?

  /// What has a scale of its own.
  public enum Groups: Hashable, Sendable {
    case tensor, channels, blocks
  }

  /// Whose formulas there are to choose from.
  public enum Formulas: String, CaseIterable, Sendable {
    /// Those of the library that loads the layout.
    case library
    /// Those of coreai-opt, which every other layout has.
    case coreaiOpt = "coreai-opt"
  }

  /// A request that says nothing.
  public init() {}
}

extension LayoutRequest {
  /// The calculator for a spec whose library has one of this name.
  func calculator(_ libraryName: String) -> String {
    formulas == .coreaiOpt ? StaticQParams.name : libraryName
  }
}
