/// The header of a GGUF file: its metadata, what tensors it holds, and where.
///
///     "GGUF", u32 version, u64 count of tensors, u64 count of pairs
///     pairs      key, u32 type, value          a key and a text are a u64 length and bytes
///     entries    name, u32 rank, u64 lengths of axes, innermost first, u32 ggml type, u64 offset
///     padding    to a multiple of general.alignment, 32 where there is none
///     data       every tensor's elements at its offset, counted from here
///
/// All numbers are little endian. Format: docs/gguf.md of ggml, versions 2 and 3. As in gguf-py and ggml a
/// tensor may be a scalar and an axis may be 0 long; arrays within arrays, which ggml refuses, are read.
struct GGUFHeader: Sendable {
  /// More than the largest vocabularies take.
  static let lengthLimit = 1 << 28
  static let nameLimit = 1 << 16
  static let depthLimit = 4
  static let rankLimit = 4
  /// An axis below this can be multiplied by any size of a block.
  static let dimensionLimit = 1 << 48
  static let alignmentKey = "general.alignment"
  static let signature = Array("GGUF".utf8)

  /// The metadata in the order of the file.
  private(set) var pairs: [GGUFPair] = []
  /// The tensors in the order of the entries, with offsets from the start of the file.
  private(set) var tensors: [TensorDescriptor] = []
  /// What is unusual about the file and yet allowed.
  private(set) var warnings: [String] = []
  private var alignment = 32

  /// Whether a file is a GGUF file, by its first bytes.
  static func hasSignature(_ file: InputFile) throws(StorageError) -> Bool {
    try file.bytes(0..<min(file.byteCount, 4)) == signature
  }

  /// Reads the header of a file that has the signature.
  ///
  /// - Throws: ``GGUFError`` at the first rule that is broken, ``StorageError``.
  init(of file: InputFile) throws {
    var cursor = GGUFCursor(file)
    try cursor.skip(UInt64(Self.signature.count))
    let version: UInt32 = try cursor.number()
    guard version & 0xffff != 0 || version == 0 else { throw GGUFError.bigEndian }
    guard 2...3 ~= version else { throw GGUFError.unsupportedVersion(version) }
    let tensorCount: UInt64 = try cursor.number()
    let pairCount: UInt64 = try cursor.number()
    try Self.check(.pairs, pairCount, least: 8 + 1 + 4 + 1, cursor)
    try Self.check(.tensors, tensorCount, least: 8 + 4 + 4 + 8, cursor)
    try readPairs(Int(pairCount), &cursor)
    var entries: [Entry] = []
    var names = Set<TensorName>()
    for index in 0..<Int(tensorCount) {
      cursor.part = .tensor(index: index)
      let entry = try Entry(from: &cursor, alignment: alignment)
      guard names.insert(entry.name).inserted else { throw GGUFError.duplicateTensor(entry.name) }
      entries.append(entry)
    }
    let end = cursor.offset
    let dataStart = end + (alignment - end % alignment) % alignment
    try checkPlaces(entries, available: max(file.byteCount - dataStart, 0))
    tensors = entries.map { $0.descriptor(dataStart: dataStart) }
  }

  private static func check(
    _ items: GGUFError.Items, _ count: UInt64, least: Int, _ cursor: GGUFCursor
  ) throws {
    guard count > UInt64(cursor.remaining / least) else { return }
    throw GGUFError.tooManyItems(items, count, available: cursor.remaining)
  }

  private mutating func readPairs(_ count: Int, _ cursor: inout GGUFCursor) throws {
    var keys = Set<TensorName>()
    for index in 0..<count {
      cursor.part = .pair(index: index)
      let key = try cursor.name()
      guard !key.string.isEmpty else { throw GGUFError.emptyKey(index: index) }
      guard keys.insert(key).inserted else { throw GGUFError.duplicateKey(key) }
      cursor.part = .value(key)
      // What this library has written is read as a whole.
      let isOwn = MetadataEntry.ownNames.contains(key.string)
      let value = try cursor.value(of: key, isHeld: isOwn)
      pairs.append(GGUFPair(key.string, value))
      if key == TensorName(Self.alignmentKey) { alignment = try Self.alignment(value) }
      if key == "split.count", let parts = value.size, parts > 1 {
        warnings.append("the file is one of \(parts) that make up a model")
      }
    }
  }

  private static func alignment(_ value: GGUFValue) throws(GGUFError) -> Int {
    guard value.type == .uint32, let alignment = value.size, alignment > 0,
      alignment & (alignment - 1) == 0
    else { throw .malformedAlignment("\(TensorName("\(value)"))") }
    return alignment
  }

  /// Sorted by offset, tensors follow each other to the end of the file, with no more between them than it takes
  /// to align them.
  private func checkPlaces(_ entries: [Entry], available: Int) throws(GGUFError) {
    let sorted = entries.sorted {
      ($0.place.lowerBound, $0.place.upperBound, $0.name)
        < ($1.place.lowerBound, $1.place.upperBound, $1.name)
    }
    var previous: Entry?
    for entry in sorted {
      let start = entry.place.lowerBound
      let end = previous?.place.upperBound ?? 0
      if let previous, start < end {
        throw .overlap(entry.name, start: start, previous.name, end: end)
      }
      guard start - end < alignment else { throw .hole(before: entry.name, from: end, to: start) }
      guard entry.place.upperBound <= available else {
        throw .truncated(entry.name, end: entry.place.upperBound, available: available)
      }
      previous = entry
    }
    let rest = available - (previous?.place.upperBound ?? 0)
    guard rest < alignment else { throw .trailingBytes(rest) }
  }
}

/// What the header says of a tensor.
private struct Entry {
  let name: TensorName
  let type: GGMLType
  /// The lengths of the axes, outermost first.
  let shape: [Int]
  /// Where the bytes are, from the start of the data.
  let place: Range<Int>

  init(from cursor: inout GGUFCursor, alignment: Int) throws {
    name = try cursor.name()
    let rank: UInt32 = try cursor.number()
    guard rank <= GGUFHeader.rankLimit else { throw GGUFError.rankTooHigh(name, rank) }
    var shape: [Int] = []
    for _ in 0..<rank {
      let length: UInt64 = try cursor.number()
      guard length < GGUFHeader.dimensionLimit else { throw GGUFError.sizeOverflow(name) }
      shape.insert(Int(length), at: 0)
    }
    self.shape = shape
    let id: UInt32 = try cursor.number()
    guard let type = GGMLType(id: id) else { throw GGUFError.unknownType(name, id) }
    self.type = type
    let rowLength = shape.last ?? 1
    guard rowLength.isMultiple(of: type.blockLength) else {
      throw GGUFError.notWholeBlocks(name, type, rowLength: rowLength)
    }
    // Every product is checked, also where a later axis of length 0 would hide it.
    var size = shape.isEmpty ? type.blockByteCount : 1
    for length in type.byteShape(of: shape) {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else { throw GGUFError.sizeOverflow(name) }
      size = product
    }
    let offset: UInt64 = try cursor.number()
    guard offset.isMultiple(of: UInt64(alignment)) else {
      throw GGUFError.misaligned(name, offset: offset, alignment: alignment)
    }
    // Below this bound both can be added to any place in a file.
    guard offset < 1 << 61, size < 1 << 61 else { throw GGUFError.sizeOverflow(name) }
    place = Int(offset)..<Int(offset) + size
  }

  func descriptor(dataStart: Int) -> TensorDescriptor {
    let bytes = dataStart + place.lowerBound..<dataStart + place.upperBound
    guard let dtype = type.dtype else {
      return TensorDescriptor(
        name: name, dtype: .uint8, shape: type.byteShape(of: shape), storage: .contiguous(bytes),
        blockType: type)
    }
    return TensorDescriptor(name: name, dtype: dtype, shape: shape, bytes: bytes)
  }
}
