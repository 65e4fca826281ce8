/// Lays entries out in files, one after the other.
struct PlanBuilder {
  /// The suffixes of the files.
  let files: [String]
  /// Which file an entry goes to.
  let file: (OutputEntry) -> Int

  /// A tensor whose entries have no place yet.
  struct Draft {
    let name: TensorName
    let dtype: DType
    let shape: [Int]
    let decision: TensorDecision
    let entries: [OutputEntry]
    let inputByteCount: Int
    let work: TensorWork
    let slabs: SlabPartition
  }

  /// The plan for these tensors, followed by entries that belong to none; the metadata is a list for
  /// every file.
  func plan(
    _ drafts: [Draft], closing: [OutputEntry], metadata: [[SafetensorsHeader.Metadata]]
  ) throws -> ConversionPlan {
    let count = drafts.reduce(closing.count) { $0 + $1.entries.count }
    var names = Set<TensorName>(minimumCapacity: count)
    var items = files.map { _ in [SafetensorsHeader.Item]() }
    for entry in drafts.lazy.flatMap(\.entries) + closing {
      guard names.insert(entry.name).inserted else {
        throw PlanError.duplicateEntry(entry.name)
      }
      items[file(entry)].append(
        .init(
          name: entry.name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.byteCount))
    }
    let headers = try items.enumerated().map { index, items in
      try SafetensorsHeader.bytes(of: items, metadata: metadata[index])
    }
    var ends = headers.map(\.count)
    func place(_ entry: OutputEntry) -> PlannedEntry {
      let file = file(entry)
      let start = ends[file]
      ends[file] += entry.byteCount
      return PlannedEntry(entry: entry, file: file, bytes: start..<ends[file])
    }
    let tensors = drafts.map { draft in
      PlannedTensor(
        name: draft.name, dtype: draft.dtype, shape: draft.shape, decision: draft.decision,
        entries: draft.entries.map(place), inputByteCount: draft.inputByteCount,
        work: draft.work, slabs: draft.slabs)
    }
    let closingEntries = closing.map(place)
    let planned = files.indices.map { index in
      PlannedFile(suffix: files[index], header: headers[index], byteCount: ends[index])
    }
    return ConversionPlan(tensors: tensors, files: planned, closingEntries: closingEntries)
  }
}
