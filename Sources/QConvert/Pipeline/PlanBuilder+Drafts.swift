extension PlanBuilder.Draft {
  /// A tensor copied as it is, perhaps under another name; of one whose floats are computed, these.
  init(
    copying source: StoredTensor, as name: TensorName? = nil, _ verdict: TensorVerdict,
    slabBytes: Int
  ) {
    let tensor = source.descriptor
    let dequantization = source.dequantization
    let entry = OutputEntry(
      name ?? tensor.name, tensor.dtype, tensor.shape, blockType: tensor.blockType,
      dequantization == nil ? .original : .dequantized)
    self.init(
      name: name ?? tensor.name, dtype: tensor.dtype, shape: tensor.shape,
      decision: verdict.decision, rule: verdict.rule,
      entries: [entry], inputByteCount: source.storedByteCount,
      work: dequantization.map(TensorWork.dequantize) ?? .copy(source),
      slabs: dequantization?.slabs(slabBytes)
        ?? SlabPartition(
          elementCount: tensor.byteCount, length: source.slabByteCount(slabBytes)))
  }

  /// A float tensor stored in another type.
  init(
    casting source: StoredTensor, to precision: FloatPrecision, as name: TensorName? = nil,
    _ verdict: TensorVerdict, slabBytes: Int
  ) {
    let tensor = source.descriptor
    let width = max(tensor.dtype.bitWidth, precision.dtype.bitWidth) / 8
    self.init(
      name: name ?? tensor.name, dtype: tensor.dtype, shape: tensor.shape,
      decision: verdict.decision, rule: verdict.rule,
      entries: [
        OutputEntry(
          name ?? tensor.name, precision.dtype, tensor.shape, blockType: nil, .cast)
      ],
      inputByteCount: source.storedByteCount, work: .cast(source, to: precision),
      slabs: SlabPartition(
        elementCount: tensor.elementCount, length: source.slabByteCount(slabBytes) / width))
  }

  /// Blocks without elements, as floats.
  init(ofNothing source: StoredTensor, _ verdict: TensorVerdict) {
    let tensor = source.descriptor
    self.init(
      name: tensor.name, dtype: .float32, shape: tensor.elementShape, decision: verdict.decision,
      rule: verdict.rule,
      entries: [OutputEntry(tensor.name.string, .float32, tensor.elementShape, .dequantized)],
      inputByteCount: 0, work: .copy(source), slabs: SlabPartition(elementCount: 0, length: 1))
  }

  /// A tensor that is left out.
  init(dropping source: StoredTensor, _ verdict: TensorVerdict) {
    let tensor = source.descriptor
    self.init(
      name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, decision: verdict.decision,
      rule: verdict.rule, entries: [], inputByteCount: source.storedByteCount, work: .copy(source),
      slabs: SlabPartition(elementCount: 0, length: 1))
  }

  /// A tensor quantized into the entries of a layout, or into others that follow from it.
  init(
    quantizing source: StoredTensor, _ spec: QuantizationSpec, _ verdict: TensorVerdict,
    _ layout: any OutputLayout, _ calculators: Calculators,
    globalScale: Float? = nil, slabBytes: Int, entries: [OutputEntry]? = nil
  ) throws {
    let tensor = source.descriptor
    guard let precision = FloatPrecision(tensor.dtype) else {
      preconditionFailure("only float tensors are quantized")
    }
    let geometry = try layout.geometry(spec, over: verdict.view ?? tensor.shape)
    let quantization = TensorQuantization(
      tensor: tensor, precision: precision, spec: spec, geometry: geometry,
      roundsQParams: layout.roundsQParams,
      packing: layout.packing(of: spec), zeroPointPacking: layout.zeroPointPacking(of: spec),
      rangeCalculator: try calculators.range(for: spec),
      qparamsCalculator: try calculators.qparams(for: spec), globalScale: globalScale)
    guard layout.scalings.contains(quantization.decoding.arithmetic.scaling) else {
      throw LayoutError.unsupported(
        layout: layout.name, what: "the scales of the calculator \(spec.qparamsCalculator)",
        tensor.name)
    }
    let quantized = QuantizedTensor(
      name: tensor.name, precision: precision, shape: tensor.shape, view: geometry.shape,
      spec: spec, grid: geometry.grid, layer: tensor.layer)
    let entries = try entries ?? layout.entries(for: quantized)
    for entry in entries
    where !entry.fits(quantized, quantization.packing, quantization.zeroPointPacking) {
      throw LayoutError.malformedEntry(layout: layout.name, entry.name)
    }
    self.init(
      name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
      decision: verdict.decision, rule: verdict.rule,
      entries: entries.map { $0.known(globalScale: globalScale) },
      inputByteCount: source.storedByteCount, work: .quantize(quantization, from: source),
      slabs: SlabPartition(
        geometry,
        limit: source.slabByteCount(slabBytes) / precision.byteCount,
        packing: quantization.packing,
        rowsTogether: quantization.zeroPointPacking?.rowsPerWord ?? 1), view: geometry.shape)
  }
}

extension OutputEntry {
  /// The entry with its bytes where it is the scale of a tensor's scales; without one, that is 1.
  fileprivate func known(globalScale: Float?) -> OutputEntry {
    guard content == .globalScale else { return self }
    return OutputEntry(
      name, dtype, shape, blockType: blockType,
      .constant((globalScale ?? 1).bitPattern.littleEndianBytes))
  }
}
