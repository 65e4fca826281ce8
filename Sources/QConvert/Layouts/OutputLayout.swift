/// How quantized tensors and their parameters are named, typed and ordered in a file.
///
/// A layout only declares entries; what fills them is computed by the pipeline.
public protocol OutputLayout: Sendable {
  /// The name on the command line.
  var name: String { get }

  /// The containers that files of the layout may have.
  var formats: Set<OutputFormat> { get }

  /// The names that the ecosystem of the layout has for ways to quantize, the default first; none where the
  /// settings of specs are all there is.
  var variants: [String] { get }

  /// The spec that a user asks for, for a layout with variants.
  ///
  /// - Throws: ``LayoutError`` where the layout has no such variant, or where settings contradict it.
  func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec

  /// The layout with what a request decides that specs cannot say.
  func adapted(to request: LayoutRequest) -> any OutputLayout

  /// Whether codes share bytes where the layout leaves that open; a record of a file tells it.
  var isPacked: Bool { get }

  /// What becomes of a tensor that the configuration has quantized: the spec with its axes filled in.
  ///
  /// - Throws: ``GranularityError`` where the spec cannot apply to the shape; ``LayoutError`` where the
  ///   layout cannot hold such a tensor.
  func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit

  /// The type in which a float tensor is stored that is not quantized, as the decision says; nil for its own.
  func precision(
    ofUnquantized tensor: TensorDescriptor, _ decision: TensorDecision
  ) -> FloatPrecision?

  /// What the name of an output has by default to tell how it is quantized.
  func label(of spec: QuantizationSpec) -> String

  /// Whether the last block of an axis may be shorter than the others.
  var allowsRaggedBlocks: Bool { get }

  /// What the scales in a file may do to values.
  var scalings: Set<Scaling> { get }

  /// The name that tensors have in common whose scales are divided by the same, where calculators have something
  /// that divides them: those that a consumer joins to one matrix.
  func globalScaleName(of tensor: TensorName) -> TensorName

  /// Whether values are quantized with scale and minval as rounded to the precision of the tensor.
  var roundsQParams: Bool { get }

  /// How codes of the last axis share bytes; nil where each has its own.
  func packing(of spec: QuantizationSpec) -> CodePacking?

  /// How zero points share words; nil where each is an element.
  func zeroPointPacking(of spec: QuantizationSpec) -> ColumnPacking?

  /// The entries that take the place of a tensor, in order.
  ///
  /// - Throws: ``LayoutError`` where the layout cannot hold such a tensor.
  func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry]

  /// The entries that stand once in a file that holds a quantized tensor, after all others.
  var closingEntries: [OutputEntry] { get }

  /// Whether the entries of a tensor follow from more than its name, shape and spec, so that a file has to
  /// tell them.
  var recordsEntries: Bool { get }
}

extension OutputLayout {
  /// Files of safetensors.
  public var formats: Set<OutputFormat> { [.safetensors] }
  /// None.
  public var variants: [String] { [] }
  /// There are no variants to ask for.
  public func spec(for request: LayoutRequest) throws(LayoutError) -> QuantizationSpec {
    throw .noVariants(layout: name)
  }
  /// Specs say everything.
  public func adapted(to request: LayoutRequest) -> any OutputLayout { self }
  /// Nothing is left open.
  public var isPacked: Bool { false }
  /// Quantized in its own shape.
  public func fit(_ spec: QuantizationSpec, to tensor: TensorDescriptor) throws -> LayoutFit {
    let resolved = try spec.resolved(for: tensor)
    _ = try resolved.granularity.blockShape(for: tensor.shape)
    return .quantize(resolved, as: tensor.shape)
  }
  /// Its own.
  public func precision(
    ofUnquantized tensor: TensorDescriptor, _ decision: TensorDecision
  ) -> FloatPrecision? { nil }
  /// The type of the codes.
  public func label(of spec: QuantizationSpec) -> String { spec.dtype.rawValue }
  /// Blocks divide the axes.
  public var allowsRaggedBlocks: Bool { false }
  /// Values are divided by them.
  public var scalings: Set<Scaling> { [.divide] }
  /// They follow from the name, shape and spec.
  public var recordsEntries: Bool { false }
  /// Every tensor has its own.
  public func globalScaleName(of tensor: TensorName) -> TensorName { tensor }
  /// Scale and minval stay float32.
  public var roundsQParams: Bool { false }
  /// Every code takes a byte.
  public func packing(of spec: QuantizationSpec) -> CodePacking? { nil }
  /// Every zero point is an element.
  public func zeroPointPacking(of spec: QuantizationSpec) -> ColumnPacking? { nil }
  /// None.
  public var closingEntries: [OutputEntry] { [] }
}

extension OutputLayout {
  /// The groups of a tensor whose elements the layout sees in this shape.
  func geometry(
    _ spec: QuantizationSpec, over shape: [Int]
  ) throws(GranularityError) -> BlockGeometry {
    let block = try spec.granularity.blockShape(for: shape, isRagged: allowsRaggedBlocks)
    return BlockGeometry(shape: shape, block: block)
  }
}

/// What a layout makes of a tensor that is to be quantized.
public enum LayoutFit: Sendable {
  /// Quantized as the spec says, whose groups are those of the elements in this shape.
  case quantize(QuantizationSpec, as: [Int])
  /// Copied, for this reason.
  case copy(String)
}

/// The tensor that a layout declares entries for.
public struct QuantizedTensor: Sendable {
  /// The name of the original.
  public let name: TensorName
  /// The precision of the original.
  public let precision: FloatPrecision
  /// The shape of the original.
  public let shape: [Int]
  /// The shape in which the layout sees the elements, row-major as in the original.
  public let view: [Int]
  /// How it is quantized, the axis filled in.
  public let spec: QuantizationSpec
  /// The number of groups along every axis of the view.
  public let grid: [Int]
  /// What the file of the original tells of its layer.
  public let layer: LayerParameter?
}

/// A tensor of the output.
public struct OutputEntry: Sendable {
  /// Its name.
  public let name: TensorName
  /// Its element type; of an entry of blocks, bytes.
  public let dtype: DType
  /// Its shape; of an entry of blocks, with the last axis in bytes.
  public let shape: [Int]
  /// The type of its blocks; nil for elements of their own. Only a GGUF file holds blocks.
  public let blockType: GGMLType?
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
    /// What divides all scales of the tensor.
    case globalScale
    /// The quantized values with the parameters of their groups, in blocks of the entry's type.
    case blocks
    /// The float values, unchanged.
    case original
    /// The float values, rounded to the type of the entry.
    case cast
    /// The quantized values turned back to floats.
    case dequantized
    /// These bytes.
    case constant([UInt8])

    /// Whether the bytes are known.
    var isConstant: Bool { if case .constant = self { true } else { false } }
  }

  /// An entry.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], _ content: Content) {
    self.init(TensorName(name), dtype, shape, blockType: nil, content)
  }

  /// An entry of blocks for elements in this shape, whose rows are whole blocks.
  public init(_ name: String, blocks type: GGMLType, _ shape: [Int], _ content: Content) {
    self.init(TensorName(name), .uint8, type.byteShape(of: shape), blockType: type, content)
  }

  init(
    _ name: TensorName, _ dtype: DType, _ shape: [Int], blockType: GGMLType?, _ content: Content
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.blockType = blockType
    self.content = content
  }

  /// The length of every axis in elements, also of an entry of blocks.
  public var elementShape: [Int] { blockType?.elementShape(ofBytes: shape) ?? shape }

  /// The spelling of the element type: that of the blocks, where there are some.
  var typeName: String { blockType?.rawValue ?? dtype.rawValue }

  /// The size in bytes.
  var byteCount: Int { shape.reduce(dtype.bitWidth, *) / 8 }
}

/// What a layout cannot hold.
public enum LayoutError: Error, Hashable, Sendable {
  case unsupported(layout: String, what: String, TensorName)
  /// An entry whose type or shape does not fit what is to fill it.
  case malformedEntry(layout: String, TensorName)
  /// The input is not of the kind that the layout takes.
  case wrongInput(layout: String, takes: String)
  case noVariants(layout: String)
  case unknownVariant(layout: String, String, known: [String])
  case contradiction(layout: String, String)
  /// A quantized weight whose layer a configuration does not tell of.
  case notConfigured(layout: String, TensorName)
}

extension LayoutError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .unsupported(let layout, let what, let name):
      "tensor \(name): the layout \(layout) cannot hold \(what)"
    case .malformedEntry(let layout, let name):
      "the layout \(layout) gives the entry \(name) a type or shape that its content does not fit"
    case .wrongInput(let layout, let takes): "the layout \(layout) takes \(takes)"
    case .noVariants(let layout): "the layout \(layout) has no variants"
    case .unknownVariant(let layout, let name, let known):
      "the layout \(layout) has no variant \(TensorName(name)); there are: "
        + known.joined(separator: " ")
    case .contradiction(let layout, let what): "the layout \(layout): \(what)"
    case .notConfigured(let layout, let name):
      "tensor \(name): the layout \(layout) finds no layer for it in config.json"
    }
  }
}
