extension QuantizationRecord {
  /// What a GGUF file without a record holds in blocks. It does not tell of what type the floats were: they are
  /// taken for float32.
  init(gguf tensors: [TensorDescriptor]) {
    self.init(
      layout: GGUFLayout.name, isPacked: false,
      tensors: tensors.compactMap { try? Tensor(blocks: $0) },
      casts: tensors.compactMap { tensor in
        [.float16, .bfloat16].contains(tensor.dtype)
          ? Cast(name: tensor.name, precision: .float32) : nil
      }, isRecorded: false)
  }
}

extension QuantizationRecord.Tensor {
  /// Blocks of a GGUF file, as they describe themselves.
  ///
  /// - Throws: ``RecordError/unreadableBlocks(_:_:)`` for blocks whose codes are not known, and for those of no
  ///   element.
  init(blocks tensor: TensorDescriptor) throws(RecordError) {
    guard let type = tensor.blockType, tensor.elementCount > 0,
      let spec = type.spec(rank: tensor.shape.count)
    else { throw .unreadableBlocks(tensor.name, tensor.typeName) }
    self.init(
      name: tensor.name, precision: .float32, shape: tensor.elementShape, spec: spec)
  }
}
