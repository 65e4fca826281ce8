import CHDF5

/// What there is to say of a dataset but for its attributes, or that its data is not in the file.
enum HDF5DatasetDescription {
  case record(HDF5Message)
  case elsewhere(isVirtual: Bool)

  /// Where a dataset is.
  struct Place {
    /// So many chunks are fewer than it takes to be slow.
    private static let fewChunks: UInt64 = 64

    let address: UInt64
    let userBlock: UInt64
    let file: HDF5RawFile?

    /// The chunks, if they are many and their index is one that is understood; else libhdf5 is asked.
    fileprivate func chunks(_ chunk: [UInt64], in space: qc_h5_space, count: UInt64) -> [UInt64]? {
      guard let file, count > Self.fewChunks, count < UInt64(HDF5Message.limit / 32),
        let header = try? HDF5ObjectHeader(at: address, in: file)
      else { return nil }
      if let root = header.chunkTree {
        return try? HDF5ChunkTree(at: root, rank: chunk.count, count: Int(count), in: file)?.numbers
      }
      guard let array = header.fixedArray, let elementSize = header.chunkElementSize
      else { return nil }
      let grid = HDF5FixedArray.Grid(
        chunk: chunk, limits: space.limitList,
        chunkByteCount: chunk.reduce(UInt64(elementSize), &*))
      return try? HDF5FixedArray(at: array, grid, count: Int(count), in: file)?.numbers
    }
  }

  /// Describes a dataset; what its texts take is taken off the budget.
  init(
    of dataset: borrowing HDF5Handle, _ path: [UInt8], at place: Place, textBudget: inout Int
  ) throws(HDF5Failure) {
    // The one place that looks where data is. Nothing else is asked of a dataset whose data is in other
    // files: the answer could depend on whether those exist.
    let properties = try HDF5Handle(qc_h5_properties(dataset.id), .storage)
    var facts = qc_h5_storage()
    unsafe try HDF5Failure.check(qc_h5_storage_facts(properties.id, &facts), .storage)
    guard facts.layout != qc_h5_virtual, facts.layout != qc_h5_other_layout else {
      self = .elsewhere(isVirtual: true)
      return
    }
    guard !facts.is_external else {
      self = .elsewhere(isVirtual: false)
      return
    }

    var record = HDF5Message()
    record.append(HDF5Record.dataset)
    record.append(path)
    record.append(place.address)
    let type = try HDF5Handle(qc_h5_dataset_type(dataset.id), .type)
    let values = try record.append(type)
    var space = qc_h5_space()
    unsafe try HDF5Failure.check(qc_h5_dataset_space(dataset.id, &space), .shape)
    record.append(space)
    guard case .fixed(let size) = values else {
      var texts: [[UInt8]]?
      if case .texts = values, let count = space.elementCount {
        texts = unsafe HDF5Texts.read(count: count, byteLimit: textBudget) { texts in
          unsafe qc_h5_read_dataset_texts(dataset.id, type.id, texts)
        }
      }
      record.append(texts: texts, at: 4, budget: &textBudget)
      self = .record(record)
      return
    }
    switch facts.layout {
    case qc_h5_compact:
      record.append(1)
      try record.append(compact: dataset, type, space, size: size)
    case qc_h5_contiguous:
      record.append(2)
      record.append(qc_h5_offset(dataset.id))
      record.append(qc_h5_stored(dataset.id))
    default:
      record.append(3)
      try record.append(chunked: dataset, properties, facts, space, at: place)
    }
    try record.append(fill: properties, facts, type, size: size)
    self = .record(record)
  }
}

extension HDF5Message {
  /// The most bytes that the header of an object holds.
  private static let compactLimit: UInt64 = 1 << 16

  /// Adds texts under a number, or 0 where they were not read.
  fileprivate mutating func append(texts: [[UInt8]]?, at kind: Int, budget: inout Int) {
    guard let texts else { return append(0) }
    append(kind)
    append(texts.count)
    for text in texts {
      append(text)
      budget -= text.count
    }
  }

  fileprivate mutating func append(
    compact dataset: borrowing HDF5Handle, _ type: borrowing HDF5Handle, _ space: qc_h5_space,
    size: Int
  ) throws(HDF5Failure) {
    let stored = qc_h5_stored(dataset.id)
    append(stored)
    let (needed, overflow) = (space.elementCount ?? .max).multipliedReportingOverflow(by: size)
    // The library would read past the end of what is stored.
    guard !overflow, UInt64(needed) == stored, stored <= Self.compactLimit else {
      append([])
      return
    }
    var bytes = [UInt8](repeating: 0, count: needed)
    unsafe try HDF5Failure.check(
      needed == 0 || qc_h5_read_compact(dataset.id, type.id, &bytes), .data)
    append(bytes)
  }

  fileprivate mutating func append(
    chunked dataset: borrowing HDF5Handle, _ properties: borrowing HDF5Handle,
    _ facts: qc_h5_storage, _ space: qc_h5_space, at place: HDF5DatasetDescription.Place
  ) throws(HDF5Failure) {
    append(Int(facts.chunk_rank))
    let chunk = [UInt64](firstOf: facts.chunk, count: facts.chunk_rank)
    for extent in chunk { append(extent) }
    var count: UInt64 = 0
    unsafe try HDF5Failure.check(qc_h5_chunk_count(dataset.id, &count), .storage)
    var chunks = HDF5Chunks(rank: Int(facts.chunk_rank))
    if let numbers = place.chunks(chunk, in: space, count: count) {
      chunks = HDF5Chunks(rank: chunks.rank, numbers: numbers)
    } else {
      try chunks.collect(of: dataset, count: count, userBlock: place.userBlock)
    }
    var plainSize = qc_h5_none
    if facts.filter_count == 0, !chunks.numbers.isEmpty {
      unsafe try HDF5Failure.check(
        qc_h5_plain_chunk_size(dataset.id, chunks.numbers, facts.chunk_rank, &plainSize), .storage)
    }
    append(plainSize)
    append(facts.has_plain_edges)
    append(Int(facts.filter_count))
    for index in 0..<UInt32(facts.filter_count) {
      var filter = qc_h5_filter()
      unsafe try HDF5Failure.check(qc_h5_filter_facts(properties.id, index, &filter), .storage)
      append(filter)
    }
    append(chunks.count)
    for number in chunks.numbers { append(number) }
  }

  private mutating func append(_ filter: qc_h5_filter) {
    append(Int(filter.id))
    unsafe append(
      withUnsafeBytes(of: filter.name) { name in unsafe Array(name.prefix { $0 != 0 }) })
    let count = min(filter.parameter_count, UInt64(qc_h5_filter_parameters))
    append(count)
    let parameters = unsafe withUnsafeBytes(of: filter.parameters) { bytes in
      unsafe Array(bytes.bindMemory(to: UInt32.self).prefix(Int(count)))
    }
    for parameter in parameters { append(UInt64(parameter)) }
  }

  fileprivate mutating func append(
    fill properties: borrowing HDF5Handle, _ facts: qc_h5_storage, _ type: borrowing HDF5Handle,
    size: Int
  ) throws(HDF5Failure) {
    append(facts.has_fill)
    guard facts.has_fill else { return }
    // One of a megabyte or more is refused, without bytes.
    var value = [UInt8](repeating: 0, count: size < 1 << 20 ? size : 0)
    if !value.isEmpty {
      unsafe try HDF5Failure.check(qc_h5_fill(properties.id, type.id, &value), .storage)
    }
    append(value)
  }
}

/// The chunks of a dataset: the element each starts at, its filter mask, offset and size.
private struct HDF5Chunks {
  let rank: Int
  private(set) var numbers: [UInt64]
  var count: Int { numbers.count / (rank + 3) }

  init(rank: Int, numbers: [UInt64] = []) {
    self.rank = rank
    self.numbers = numbers
  }

  mutating func collect(
    of dataset: borrowing HDF5Handle, count: UInt64, userBlock: UInt64
  ) throws(HDF5Failure) {
    let (id, rank) = (dataset.id, Int32(rank))
    let succeeded = unsafe withUnsafeMutablePointer(to: &self) { chunks in
      unsafe qc_h5_chunks(
        id, rank, count, userBlock,
        { context, start, mask, offset, size in
          guard let context = unsafe context, let start = unsafe start else { return false }
          let chunks = unsafe context.assumingMemoryBound(to: HDF5Chunks.self)
          for axis in unsafe 0..<chunks.pointee.rank {
            unsafe chunks.pointee.numbers.append(start[axis])
          }
          unsafe chunks.pointee.numbers += [UInt64(mask), offset, size]
          return unsafe chunks.pointee.numbers.count < HDF5Message.limit / 8
        }, unsafe chunks)
    }
    try HDF5Failure.check(succeeded, .storage)
  }
}
