/// How quantized tensors and their parameters are named, typed and ordered in a file.
///
/// A layout only declares entries; what fills them is computed by the pipeline.
public protocol OutputLayout: Sendable {
  /// The name on the command line.
  var name: String { get }

  /// Whether values are quantized with scale and minval as rounded to the precision of the tensor.
  var roundsQParams: Bool { get }

  /// How many low bits of a quantized value of this type are stored, when several share a byte.
  func packedBits(of dtype: QuantizedDType) -> Int?

  /// The entries that take the place of a tensor, in order.
  ///
  /// - Throws: ``LayoutError`` where the layout cannot hold such a tensor.
  func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry]

  /// The entries that stand once in a file that holds a quantized tensor, after all others.
  var closingEntries: [OutputEntry] { get }
}

extension OutputLayout {
  /// Scale and minval stay float32.
  public var roundsQParams: Bool { false }
  /// Every value takes a byte.
  public func packedBits(of dtype: QuantizedDType) -> Int? { nil }
  /// None.
  public var closingEntries: [OutputEntry] { [] }
}

/// The tensor that a layout declares entries for.
public struct QuantizedTensor: Sendable {
  /// The name of the original.
  public let name: TensorName
  /// The precision of the original.
  public let precision: FloatPrecision
  /// The shape of the original.
  public let shape: [Int]
  /// How it is quantized, the axis filled in.
  public let spec: QuantizationSpec
  /// The number of groups along every axis: the shape of the parameters.
  public let grid: [Int]
}

/// A tensor of the output.
public struct OutputEntry: Sendable {
  /// Its name.
  public let name: TensorName
  /// Its element type.
  public let dtype: DType
  /// Its shape.
  public let shape: [Int]
  /// What fills it.
  public let content: Content

  /// What fills an entry.
  public enum Content: Hashable, Sendable {
    /// The quantized values, packed if the layout packs them.
    case quantized
    /// The scale of every group.
    case scale
    /// The zero point of every group.
    case zeroPoint
    /// The minval of every group.
    case minval
    /// The float values, unchanged.
    case original
    /// The quantized values turned back to floats.
    case dequantized
    /// These bytes.
    case constant([UInt8])
  }

  /// An entry.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], _ content: Content) {
    self.name = TensorName(name)
    self.dtype = dtype
    self.shape = shape
    self.content = content
  }

  /// The size in bytes.
  var byteCount: Int { shape.reduce(dtype.bitWidth, *) / 8 }
}

/// What a layout cannot hold.
public enum LayoutError: Error, Hashable, Sendable {
  case unsupported(layout: String, what: String, TensorName)
  /// An entry whose type or shape does not fit what is to fill it.
  case malformedEntry(layout: String, TensorName)
}

extension LayoutError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .unsupported(let layout, let what, let name):
      "tensor \(name): the layout \(layout) cannot hold \(what)"
    case .malformedEntry(let layout, let name):
      "the layout \(layout) gives the entry \(name) a type or shape that its content does not fit"
    }
  }
}
