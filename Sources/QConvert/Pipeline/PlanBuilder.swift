/// Lays entries out in files, one after the other.
struct PlanBuilder {
  /// The files to write.
  let files: [File]
  /// Whether the parameters of a tensor go to the file after the tensor's.
  var separatesParameters = false

  /// A file whose header is not known yet.
  struct File {
    let role: PlannedFile.Role
    let metadata: [MetadataEntry]
  }

  /// A tensor whose entries have no place yet.
  struct Draft {
    let name: TensorName
    let dtype: DType
    let shape: [Int]
    let decision: TensorDecision
    let rule: SelectionRule
    let entries: [OutputEntry]
    let inputByteCount: Int
    let work: TensorWork
    let slabs: SlabPartition
    /// The file of its entries.
    var file = 0
  }

  /// The plan for these tensors, and for entries that belong to none.
  func plan(
    _ drafts: [Draft], closing: [OutputEntry] = [], inFile closingFile: Int = 0
  ) throws -> ConversionPlan {
    let count = drafts.reduce(closing.count) { $0 + $1.entries.count }
    var names = Set<TensorName>(minimumCapacity: count)
    var items = files.map { _ in [SafetensorsHeader.Item]() }
    func add(_ entry: OutputEntry, _ file: Int) throws {
      guard names.insert(entry.name).inserted else {
        throw PlanError.duplicateEntry(entry.name)
      }
      items[file].append(
        .init(
          name: entry.name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.byteCount))
    }
    for draft in drafts {
      for entry in draft.entries { try add(entry, file(of: entry, draft)) }
    }
    for entry in closing { try add(entry, closingFile) }
    let headers = try zip(files, items).map { file, items in
      try SafetensorsHeader.bytes(of: items, metadata: file.metadata)
    }
    var ends = headers.map(\.count)
    func place(_ entry: OutputEntry, _ file: Int) -> PlannedEntry {
      let start = ends[file]
      ends[file] += entry.byteCount
      return PlannedEntry(entry: entry, file: file, bytes: start..<ends[file])
    }
    let tensors = drafts.map { draft in
      PlannedTensor(
        name: draft.name, dtype: draft.dtype, shape: draft.shape, decision: draft.decision,
        rule: draft.rule, entries: draft.entries.map { place($0, file(of: $0, draft)) },
        inputByteCount: draft.inputByteCount, work: draft.work, slabs: draft.slabs)
    }
    let closingEntries = closing.map { place($0, closingFile) }
    let planned = files.indices.map { index in
      PlannedFile(role: files[index].role, header: headers[index], byteCount: ends[index])
    }
    return ConversionPlan(tensors: tensors, files: planned, closingEntries: closingEntries)
  }

  private func file(of entry: OutputEntry, _ draft: Draft) -> Int {
    separatesParameters && entry.content.isParameter ? draft.file + 1 : draft.file
  }
}

extension OutputEntry.Content {
  /// Whether it is a parameter of groups.
  fileprivate var isParameter: Bool { self == .scale || self == .zeroPoint || self == .minval }
}
