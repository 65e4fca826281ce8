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
    /// For an HDF5 file, what it takes over from others; nil for another.
    var template: HDF5Template?
    /// For a GGUF file, what it takes over from others; nil for another.
    var gguf: GGUFTemplate?
    /// What an archive around the HDF5 file takes over; nil where there is none around it.
    var archive: ArchiveTemplate?
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
    /// The shape in which the layout sees a tensor that is quantized.
    var view: [Int]?
    /// The file of its entries.
    var file = 0
  }

  /// The plan for these tensors, and for entries that belong to none.
  func plan(
    _ drafts: [Draft], closing: [OutputEntry] = [], inFile closingFile: Int = 0
  ) throws -> ConversionPlan {
    let count = drafts.reduce(closing.count) { $0 + $1.entries.count }
    var names = Set<TensorName>(minimumCapacity: count)
    var contents = files.map { _ in [Content]() }
    func add(_ entry: OutputEntry, _ tensor: TensorName, _ file: Int) throws {
      guard names.insert(entry.name).inserted else {
        throw PlanError.duplicateEntry(entry.name)
      }
      contents[file].append((entry, tensor))
    }
    for draft in drafts {
      for entry in draft.entries { try add(entry, draft.name, file(of: entry, draft)) }
    }
    for entry in closing { try add(entry, entry.name, closingFile) }
    let frames = try zip(files, contents).map { file, entries in try Frame(file, entries) }
    // Entries are placed in the order in which they were added.
    var next = files.map { _ in 0 }
    func place(_ entry: OutputEntry, _ file: Int) -> PlannedEntry {
      defer { next[file] += 1 }
      return PlannedEntry(entry: entry, file: file, place: frames[file].places[next[file]])
    }
    let tensors = drafts.map { draft in
      PlannedTensor(
        name: draft.name, dtype: draft.dtype, shape: draft.shape, decision: draft.decision,
        rule: draft.rule, entries: draft.entries.map { place($0, file(of: $0, draft)) },
        inputByteCount: draft.inputByteCount, work: draft.work, slabs: draft.slabs)
    }
    let closingEntries = closing.map { place($0, closingFile) }
    let planned = zip(files, frames).map { file, frame in
      PlannedFile(
        role: file.role, segments: frame.segments, reservedByteCount: frame.byteCount,
        chunkByteLimit: frame.chunkByteLimit,
        metadata: file.metadata, archive: frame.archive)
    }
    var plan = ConversionPlan(tensors: tensors, files: planned, closingEntries: closingEntries)
    plan.warnings = frames.flatMap(\.warnings)
    return plan
  }

  private typealias Content = (entry: OutputEntry, tensor: TensorName)

  /// A file without its tensors' bytes, and where they go.
  private struct Frame {
    private(set) var segments: [FileSegment]
    private(set) var places: [EntryPlace]
    /// The size, without chunks.
    private(set) var byteCount: Int
    let warnings: [String]
    private(set) var archive: PlannedArchive?

    /// What chunks take at most.
    var chunkByteLimit: Int {
      places.reduce(0) { sum, place in
        if case .chunks(let grid) = place { sum + grid.byteLimit } else { sum }
      }
    }

    init(_ file: File, _ entries: [Content]) throws {
      if let template = file.gguf {
        let outline = try template.outline(entries.map(\.entry), metadata: file.metadata)
        segments = [FileSegment(offset: 0, bytes: outline.header)]
        places = outline.places.map { .range($0) }
        byteCount = outline.byteCount
        warnings = outline.warnings
        return
      }
      for (entry, _) in entries {
        if let type = entry.blockType { throw PlanError.blocksNeedGGUF(entry.name, type) }
      }
      if let template = file.template {
        for (entry, _) in entries where entry.dtype.bitWidth < 8 {
          throw PlanError.hdf5CannotHold(entry.name, entry.dtype)
        }
        let outline = template.outline(entries, metadata: file.metadata)
        let skeleton = try HDF5Skeleton(of: outline)
        places = try zip(entries, zip(outline.datasets, skeleton.data)).map { entry, place in
          if let grid = place.0.grid { return .chunks(grid) }
          guard place.1?.count ?? 0 == entry.entry.byteCount else {
            throw PlanError.hdf5CannotHold(entry.entry.name, entry.entry.dtype)
          }
          return .range(place.1 ?? 0..<0)
        }
        segments = skeleton.segments
        byteCount = skeleton.byteCount
        warnings = skeleton.omissions.map { "\($0)" }
        if let template = file.archive { pack(template) }
        return
      }
      let outline = try SafetensorsOutline(
        of: entries.map { entry, _ in
          .init(
            name: entry.name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.byteCount)
        }, metadata: file.metadata)
      segments = [FileSegment(offset: 0, bytes: outline.header)]
      places = outline.places.map { .range($0) }
      byteCount = outline.byteCount
      warnings = []
    }

    /// Puts an archive around the file.
    private mutating func pack(_ template: ArchiveTemplate) {
      let (outline, archive) = template.outline(weightsByteCount: byteCount)
      let start = archive.weights.lowerBound
      segments =
        outline.segments + archive.texts
        + segments.map { FileSegment(offset: start + $0.offset, bytes: $0.bytes) }
      // Within an archive nothing is in chunks.
      places = places.map { place in
        guard case .range(let bytes) = place else { return place }
        return .range(bytes.shifted(by: start))
      }
      byteCount = outline.byteCount
      self.archive = archive
    }
  }

  private func file(of entry: OutputEntry, _ draft: Draft) -> Int {
    separatesParameters && entry.content.isParameter ? draft.file + 1 : draft.file
  }
}

extension OutputEntry.Content {
  /// Whether it is a parameter of groups.
  fileprivate var isParameter: Bool {
    switch self {
    case .scale, .zeroPoint, .minval, .globalScale: true
    case .quantized, .blocks, .original, .cast, .dequantized, .constant: false
    }
  }
}
