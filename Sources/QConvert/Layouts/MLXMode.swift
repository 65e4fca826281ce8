/// The modes of `mlx.core.quantize`.
enum MLXMode: String, CaseIterable, Sendable {
  /// Integers of 2 to 8 bits in groups of 32 to 128, each with a scale and a bias.
  case affine
  /// float4 in groups of 32 with powers of two as scales.
  case mxfp4
  /// float8 in groups of 32 with powers of two as scales.
  case mxfp8
  /// float4 in groups of 16 with scales in float8.
  case nvfp4

  /// The mode that a spec is one of.
  init(_ spec: QuantizationSpec) {
    self =
      switch spec.dtype {
      case .float8E4M3: .mxfp8
      case .float4E2M1: spec.scaleDType == .float8E4M3 ? .nvfp4 : .mxfp4
      default: .affine
      }
  }

  /// The bits of a code, 4 of affine where nothing else is said: the defaults of mlx-lm.
  var bits: Int { self == .mxfp8 ? 8 : 4 }

  /// The elements of a group, 64 of affine where nothing else is said.
  var groupSize: Int {
    switch self {
    case .affine: 64
    case .mxfp4, .mxfp8: 32
    case .nvfp4: 16
    }
  }

  /// The calculator with MLX's formulas.
  var calculator: String {
    switch self {
    case .affine: MLXAffineQParams.name
    case .mxfp4, .mxfp8: MLXMXQParams.name
    case .nvfp4: MLXNVFP4QParams.name
    }
  }

  /// Whether the format can carry what coreai-opt's formulas give.
  var takesReference: Bool { self != .nvfp4 }
}

extension MLXMode {
  /// The spec of the mode, the other settings those of another spec; nil where MLX has no such bits or groups.
  /// Without an axis the groups are those of the last.
  func spec(
    bits: Int, groupSize: Int, axis: Int? = nil, calculator: String? = nil,
    like other: QuantizationSpec? = nil
  ) -> QuantizationSpec? {
    let isInteger = self == .affine
    let isKnown =
      isInteger
      ? Self.bitWidths.contains(bits) && Self.groupSizes.contains(groupSize)
      : bits == self.bits && groupSize == self.groupSize
    guard isKnown, let dtype = isInteger ? QuantizedDType(bits: bits, isSigned: false) : float
    else { return nil }
    return try? QuantizationSpec(
      dtype: dtype, scheme: isInteger ? .asymmetric : .symmetric,
      formulation: isInteger ? .minval : .zeroPoint,
      granularity: .perBlock(axis: axis, size: groupSize),
      floatRange: other?.floatRange ?? .observed, scaleDType: scaleDType,
      qparamsCalculator: calculator ?? self.calculator,
      rangeCalculator: other?.rangeCalculator ?? "minmax")
  }

  private var float: QuantizedDType { self == .mxfp8 ? .float8E4M3 : .float4E2M1 }

  private var scaleDType: ScaleDType {
    switch self {
    case .affine: .none
    case .mxfp4, .mxfp8: .float8E8M0
    case .nvfp4: .float8E4M3
    }
  }

  private static let bitWidths = [2, 3, 4, 5, 6, 8]
  private static let groupSizes = [32, 64, 128]

  /// What there is, in words.
  var choices: String {
    func words(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
    return switch self {
    case .affine:
      "integers of \(words(Self.bitWidths)) bits in groups of \(words(Self.groupSizes))"
    case .mxfp4, .mxfp8, .nvfp4: "\(bits) bits in groups of \(groupSize)"
    }
  }
}
