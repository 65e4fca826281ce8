/// What a checkpoint says of one tensor: its name, type and shape, and where its elements are.
public struct TensorDescriptor: Sendable {
  /// The name, unique in its checkpoint.
  public let name: TensorName
  /// The element type; of a tensor of blocks, bytes.
  public let dtype: DType
  /// The length of every axis, outermost first; empty for a scalar. Of a tensor of blocks, the last axis is counted
  /// in bytes.
  public let shape: [Int]
  /// Where the elements are.
  let storage: TensorStorage
  private let knownLayer: KnownLayer
  /// The type of the blocks in which a GGUF file has the elements; nil for elements of their own.
  public let blockType: GGMLType?

  /// Most files tell nothing, and then it takes no room: there may be 100,000 tensors.
  private indirect enum KnownLayer {
    case unknown
    case known(LayerParameter)
  }

  /// A tensor whose elements stand in a file one after the other, row-major and little endian, at these
  /// absolute byte offsets; shape, type and byte count agree.
  public init(name: TensorName, dtype: DType, shape: [Int], bytes: Range<Int>) {
    self.init(name: name, dtype: dtype, shape: shape, storage: .contiguous(bytes))
  }

  init(
    name: TensorName, dtype: DType, shape: [Int], storage: TensorStorage,
    layer: LayerParameter? = nil, blockType: GGMLType? = nil
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.storage = storage
    knownLayer = layer.map { .known($0) } ?? .unknown
    self.blockType = blockType
  }

  /// What the file tells of its layer; nil where names tell all there is.
  public var layer: LayerParameter? {
    if case .known(let layer) = knownLayer { layer } else { nil }
  }

  /// The number of elements: the product of the shape, 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }

  /// The length of every axis in elements, also of a tensor of blocks.
  public var elementShape: [Int] { blockType?.elementShape(ofBytes: shape) ?? shape }

  /// The spelling of the element type: that of the blocks, where there are some.
  public var typeName: String { blockType?.rawValue ?? dtype.rawValue }

  /// The name under which patterns for modules and specs know the tensor.
  var selectionName: TensorName { layer?.selectionName ?? name }

  /// The bytes that the elements take in memory.
  public var byteCount: Int {
    if case .contiguous(let bytes) = storage { return bytes.count }
    return elementCount * dtype.bitWidth / 8
  }
}
