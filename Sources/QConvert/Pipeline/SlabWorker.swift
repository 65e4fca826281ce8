import CKernels

/// One worker: moves slabs from files through the quantizer to a sink, with memory it uses again.
final class SlabWorker {
  let quantizer = SlabQuantizer()
  private let reader = TensorReader()
  private let input = Scratch<UInt8>()
  let unpacked = Scratch<UInt8>()
  let output = Scratch<UInt8>()
  let stored = StoredParams()
  private var pending = PendingWrites()
  /// Bytes read since this was set to 0.
  var bytesRead = 0

  /// Writes what is left of the parameters: they are kept until those of the next slabs are there too.
  func flush(to sink: any EntrySink) throws { try pending.flush(to: sink) }

  /// Forgets parameters that are not written yet, after a failure.
  func drop() { pending.drop() }

  /// Copies elements; types of less than a byte are copied whole.
  func copy(
    _ bytes: Range<Int>, of source: StoredTensor, to entries: [PlannedEntry],
    _ sink: any EntrySink
  ) throws {
    let slab = try unsafe read(bytes, of: source)
    for entry in entries { try unsafe sink.put(slab, entry, at: bytes.lowerBound) }
  }

  /// The ranges of all groups that the elements touch.
  func ranges(
    of elements: Range<Int>, _ quantization: TensorQuantization, from source: StoredTensor
  ) throws -> GroupRanges {
    let slab = try unsafe read(elements.scaled(by: quantization.precision.byteCount), of: source)
    return try unsafe quantizer.ranges(of: elements, input: slab, quantization)
  }

  /// Writes all parameters of a tensor.
  func put(
    _ table: QParamsTable, _ quantization: TensorQuantization, to entries: [PlannedEntry],
    _ sink: any EntrySink
  ) throws {
    let unit = (quantization.zeroPointPacking?.rowsPerWord ?? 1) * quantization.groupsPerRow
    let length = max(TensorRanges.groupsAtOnce / unit, 1) * unit
    for groups in table.groups.chunks(of: length) {
      try put(stored.scratch.copy(groups, of: table), quantization, to: entries, sink)
    }
  }

  /// Quantizes a slab, writes every entry's part of it, and gives the sums for error figures if wanted.
  ///
  /// Where groups reach beyond slabs, `finished` has the parameters of the whole tensor; without it the
  /// slab has its own, which are written too.
  func quantize(
    _ elements: Range<Int>, _ quantization: TensorQuantization, from source: StoredTensor,
    params finished: QParamsTable?, to entries: [PlannedEntry], _ sink: any EntrySink,
    measuresErrors: Bool
  ) throws -> ErrorSums? {
    let width = quantization.precision.byteCount
    let slab = try unsafe read(elements.scaled(by: width), of: source)
    let params: GroupQParams
    if let finished {
      let groups = quantization.geometry.groups(touchedBy: elements)
      params = stored.scratch.copy(groups, of: finished)
    } else {
      params = try unsafe quantizer.qparams(of: elements, input: slab, quantization)
      try put(params, quantization, to: entries, sink)
    }
    let codes = unsafe quantizer.codes(
      of: elements, input: slab, params: params, quantization)
    if measuresErrors || entries.contains(where: { $0.entry.content == .dequantized }) {
      round(params, asStoredIn: entries)
    }
    func values(in precision: FloatPrecision) -> UnsafeRawBufferPointer {
      unsafe quantizer.values(
        ofCodes: codes, code: quantization.code, of: elements, params: params,
        quantization.decoding, in: precision)
    }
    for entry in entries {
      switch entry.entry.content {
      case .original:
        try unsafe sink.put(slab, entry, at: elements.lowerBound * width)
      case .dequantized:
        let bytes = unsafe values(in: quantization.precision)
        try unsafe sink.put(bytes, entry, at: elements.lowerBound * width)
      case .quantized:
        if let packing = quantization.packing {
          let rows = PackedRows(packing, shape: quantization.geometry.shape)
          let bytes = unsafe pack(codes, of: elements, rows)
          try unsafe sink.put(bytes, entry, at: rows.byteOffset(of: elements.lowerBound))
        } else {
          try unsafe sink.put(UnsafeRawBufferPointer(codes), entry, at: elements.lowerBound)
        }
      case .blocks:
        guard let type = entry.entry.blockType else { break }
        let bytes = try unsafe blocks(of: type, codes, params, quantization.tensor.name)
        try unsafe sink.put(bytes, entry, at: params.first * type.blockByteCount)
      case .cast, .scale, .zeroPoint, .minval, .globalScale, .constant: break
      }
    }
    guard measuresErrors else { return nil }
    return unsafe errors(of: elements, codes, params, input: slab, quantization)
  }

  /// Turns a slab of stored codes back into floats.
  func dequantize(
    _ elements: Range<Int>, _ dequantization: TensorDequantization, to entries: [PlannedEntry],
    _ sink: any EntrySink
  ) throws {
    let values = try unsafe values(of: elements, dequantization)
    for entry in entries {
      try unsafe sink.put(
        values, entry, at: elements.lowerBound * dequantization.precision.byteCount)
    }
  }

  /// The floats that stored codes stand for, which begin and end with a row or a byte.
  private func values(
    of elements: Range<Int>, _ dequantization: TensorDequantization
  ) throws -> UnsafeRawBufferPointer {
    let groups = dequantization.geometry.groups(touchedBy: elements)
    let code = dequantization.spec.dtype.code(packed: dequantization.packing != nil)
    let params: GroupQParams
    let codes: UnsafeMutableBufferPointer<UInt8>
    if let type = dequantization.blockType {
      unsafe (codes, params) = try unsafe read(groups, of: type, dequantization)
      return unsafe quantizer.values(
        ofCodes: codes, code: code, of: elements, params: params,
        dequantization.decoding, in: dequantization.precision)
    }
    params = try stored.read(groups, dequantization, quantizer.kernels)
    if let packing = dequantization.packing {
      let rows = PackedRows(packing, shape: dequantization.geometry.shape)
      let packed = try unsafe readStored(rows.byteRange(of: elements), of: dequantization.data)
      unsafe codes = unsafe unpack(
        packed, of: elements, rows, isSigned: dequantization.spec.dtype.isSignedInteger)
    } else {
      let bytes = try unsafe readStored(elements, of: dequantization.data)
      unsafe codes = unpacked.reserve(elements.count)
      unsafe UnsafeMutableRawBufferPointer(codes).copyMemory(from: bytes)
    }
    return unsafe quantizer.values(
      ofCodes: codes, code: code, of: elements, params: params,
      dequantization.decoding, in: dequantization.precision)
  }

  /// Bytes of the elements of a tensor, stored or computed.
  func read(
    _ bytes: Range<Int>, of source: StoredTensor
  ) throws -> UnsafeRawBufferPointer {
    guard let dequantization = source.dequantization else {
      return try unsafe readStored(bytes, of: source)
    }
    let width = dequantization.precision.byteCount
    let wanted = bytes.lowerBound / width..<bytes.upperBound / width
    let elements = dequantization.enclosing(wanted)
    let values = try unsafe values(of: elements, dequantization)
    // Elsewhere than results are, which are computed of these.
    let slab = unsafe UnsafeMutableRawBufferPointer(input.reserve(bytes.count))
    let start = (wanted.lowerBound - elements.lowerBound) * width
    unsafe slab.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: values[start..<start + bytes.count]))
    return UnsafeRawBufferPointer(slab)
  }

  func readStored(
    _ bytes: Range<Int>, of source: StoredTensor
  ) throws -> UnsafeRawBufferPointer {
    let buffer = unsafe UnsafeMutableRawBufferPointer(input.reserve(bytes.count))
    try unsafe reader.read(bytes, of: source, into: buffer)
    bytesRead += bytes.count
    return UnsafeRawBufferPointer(buffer)
  }

  /// Writes the parameters of consecutive groups to the entries that hold them.
  private func put(
    _ params: GroupQParams, _ quantization: TensorQuantization, to entries: [PlannedEntry],
    _ sink: any EntrySink
  ) throws {
    for entry in entries {
      let dtype = entry.entry.dtype
      let width = dtype.bitWidth / 8
      let out = unsafe UnsafeMutableRawBufferPointer(output.reserve(params.count * width))
      switch entry.entry.content {
      case .scale:
        unsafe StoredParams.encode(
          params.scale, as: quantization.spec.scaleDType.element(storedAs: dtype),
          quantizer.kernels, into: out)
      case .minval:
        unsafe StoredParams.encode(params.minval, as: dtype, quantizer.kernels, into: out)
      case .zeroPoint where quantization.zeroPointPacking != nil:
        try put(packedZerosOf: params, quantization, to: entry, sink)
        continue
      case .zeroPoint:
        unsafe StoredParams.encode(params.zero, as: dtype, quantizer.kernels, into: out)
      case .globalScale, .quantized, .blocks, .original, .cast, .dequantized, .constant: continue
      }
      try unsafe pending.put(
        UnsafeRawBufferPointer(out), entry, at: params.first * width, to: sink)
    }
  }

  /// Writes the zero points of whole rows, the first of which begins a word.
  private func put(
    packedZerosOf params: GroupQParams, _ quantization: TensorQuantization, to entry: PlannedEntry,
    _ sink: any EntrySink
  ) throws {
    guard let packing = quantization.zeroPointPacking else { return }
    let columns = quantization.groupsPerRow
    let words = packing.words(of: params.first..<params.first + params.count, columns: columns)
    let bytes = unsafe UnsafeMutableRawBufferPointer(output.reserve(4 * words.count))
    unsafe packing.pack(
      params.zero, columns: columns, into: bytes.assumingMemoryBound(to: UInt32.self))
    try unsafe pending.put(
      UnsafeRawBufferPointer(bytes), entry, at: 4 * words.lowerBound, to: sink)
  }

  private func pack(
    _ codes: UnsafeMutableBufferPointer<UInt8>, of elements: Range<Int>, _ rows: PackedRows
  ) -> UnsafeRawBufferPointer {
    let bytes = unsafe output.reserve(rows.byteRange(of: elements).count)
    rows.forEachRow(of: elements) { row, range in
      unsafe quantizer.kernels.functions.pack(
        UInt32(rows.packing.bits), rows.packing.isOffset,
        codes.baseAddress.unsafelyUnwrapped + (row.lowerBound - elements.lowerBound), row.count,
        bytes.baseAddress.unsafelyUnwrapped + range.lowerBound, range.count)
    }
    return UnsafeRawBufferPointer(bytes)
  }

  private func unpack(
    _ packed: UnsafeRawBufferPointer, of elements: Range<Int>, _ rows: PackedRows, isSigned: Bool
  ) -> UnsafeMutableBufferPointer<UInt8> {
    let codes = unsafe unpacked.reserve(elements.count)
    let bytes = unsafe packed.assumingMemoryBound(to: UInt8.self)
    rows.forEachRow(of: elements) { row, range in
      unsafe quantizer.kernels.functions.unpack(
        UInt32(rows.packing.bits), rows.packing.isOffset, isSigned,
        bytes.baseAddress.unsafelyUnwrapped + range.lowerBound, row.count,
        codes.baseAddress.unsafelyUnwrapped + (row.lowerBound - elements.lowerBound))
    }
    return unsafe codes
  }
}

extension Range<Int> {
  func scaled(by factor: Int) -> Range<Int> {
    lowerBound * factor..<upperBound * factor
  }

  /// The range in parts of this length; the last may be shorter.
  func chunks(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}
