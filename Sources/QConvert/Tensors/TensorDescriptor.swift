/// What a checkpoint says of one tensor: its name, type and shape, and where its bytes are.
public struct TensorDescriptor: Sendable {
  /// The name, unique in its checkpoint.
  public let name: TensorName
  /// The element type.
  public let dtype: DType
  /// The length of every axis, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where the elements are in the file, row-major and little endian: absolute byte offsets.
  public let bytes: Range<Int>

  /// A tensor whose shape, type and byte count agree.
  public init(name: TensorName, dtype: DType, shape: [Int], bytes: Range<Int>) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// The number of elements: the product of the shape, 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }
}
