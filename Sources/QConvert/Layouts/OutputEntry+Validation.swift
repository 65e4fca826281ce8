extension OutputEntry {
  /// Whether the entry has room for what fills it, and a type that can hold it. `packedBits` is how many
  /// bits of a quantized value are stored, when several share a byte.
  func fits(_ tensor: QuantizedTensor, packedBits: Int?) -> Bool {
    let elements = tensor.shape.reduce(1, *)
    let groups = tensor.grid.reduce(1, *)
    let count = shape.reduce(1, *)
    return switch content {
    case .quantized:
      dtype.bitWidth == 8 && count == (packedBits.map { packedCount(tensor.view, $0) } ?? elements)
    case .scale:
      count == groups && (FloatPrecision(dtype) != nil || dtype == .float8E8M0)
    case .minval: count == groups && FloatPrecision(dtype) != nil
    case .zeroPoint: count == groups && [.int32, .int8, .uint8].contains(dtype)
    case .original, .dequantized: count == elements && dtype == tensor.precision.dtype
    case .constant(let bytes): count * dtype.bitWidth == bytes.count * 8
    }
  }

  private func packedCount(_ shape: [Int], _ bits: Int) -> Int {
    let perByte = 8 / bits
    return shape.dropLast().reduce(1, *) * (((shape.last ?? 1) + perByte - 1) / perByte)
  }
}
