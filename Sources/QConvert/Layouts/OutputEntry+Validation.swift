extension OutputEntry {
  /// Whether the entry has room for what fills it, and a type that can hold it.
  func fits(_ tensor: QuantizedTensor, _ packing: CodePacking?, _ zeros: ColumnPacking?) -> Bool {
    let elements = tensor.shape.reduce(1, *)
    let groups = tensor.grid.reduce(1, *)
    let count = shape.reduce(1, *)
    return switch content {
    case .quantized:
      packing.map { byteCount == $0.byteShape(tensor.view).reduce(1, *) }
        ?? (dtype.bitWidth == 8 && count == elements)
    case .scale:
      count == groups
        && (FloatPrecision(dtype) != nil || dtype == .float8E8M0
          || tensor.spec.scaleDType.element(storedAs: dtype) == tensor.spec.scaleDType.element)
    case .globalScale: count == 1 && dtype == .float32
    case .minval: count == groups && FloatPrecision(dtype) != nil
    case .zeroPoint where zeros != nil:
      dtype == .int32 && shape == zeros?.shape(ofGrid: tensor.grid)
    case .zeroPoint: count == groups && [.int32, .int8, .uint8].contains(dtype)
    case .blocks:
      blockType.map {
        byteCount == groups * $0.blockByteCount && elements == groups * $0.blockLength
      } ?? false
    case .original, .dequantized: count == elements && dtype == tensor.precision.dtype
    case .cast: count == elements && FloatPrecision(dtype) != nil
    case .constant(let bytes): count * dtype.bitWidth == bytes.count * 8
    }
  }
}
