/// How the elements of a tensor are cut into slabs, the units of work.
///
/// Slabs have the same length, but for the last of a *stretch*; usually the stretch is the tensor.
struct SlabPartition: Hashable, Sendable {
  /// The input bytes of a slab, where nothing asks for less: what it becomes is then written at once.
  static let usualByteCount = 2 * OutputFile.largestWrite

  let elementCount: Int
  /// Slabs end where a multiple of this ends.
  let stretch: Int
  /// Elements of a slab.
  let length: Int
  /// Elements after which a slab may end.
  private let alignment: Int
  /// Whether groups reach beyond a slab, so that ranges take a pass of their own.
  let needsRangePass: Bool

  /// A partition without groups.
  init(elementCount: Int, length: Int) {
    self.elementCount = elementCount
    self.length = length
    stretch = max(elementCount, 1)
    alignment = 1
    needsRangePass = false
  }

  /// The partition of a tensor to be quantized, into slabs of at most `limit` elements if its groups
  /// allow. No byte of packed codes is shared by two slabs, and none that parameters of so many rows share.
  init(_ geometry: BlockGeometry, limit: Int, packing: CodePacking?, rowsTogether: Int = 1) {
    let packed = SlabPartition(packing, shape: geometry.shape, limit: limit)
    let rows = rowsTogether == 1 ? 1 : rowsTogether * (geometry.shape.last ?? 1)
    let unit = Self.leastCommonMultiple(
      Self.leastCommonMultiple(geometry.unitLength, packed.alignment), rows)
    elementCount = geometry.elementCount
    alignment = packed.alignment
    needsRangePass = unit > limit && elementCount > limit
    // Whole pages of codes, where groups leave the choice.
    let pages = Self.leastCommonMultiple(unit, Page.byteCount * (packing?.codesPerUnit ?? 1))
    let step = pages <= limit ? pages : unit
    length = needsRangePass ? packed.length : max(limit / step, 1) * step
    stretch = needsRangePass ? packed.stretch : elementCount
  }

  /// The partition of packed values whose groups do not matter.
  init(_ packing: CodePacking?, shape: [Int], limit: Int) {
    elementCount = shape.reduce(1, *)
    // Packed rows are padded to whole bytes or words: where they need padding, slabs take whole rows, and
    // a row that is longer than a slab is a stretch of its own.
    let unit = packing?.codesPerUnit ?? 1
    let rows = packing.map { PackedRows($0, shape: shape) }
    alignment = rows.map { $0.isContinuous ? unit : $0.rowLength } ?? 1
    let fits = alignment <= limit
    length = fits ? limit / alignment * alignment : max(limit / unit, 1) * unit
    stretch = fits ? elementCount : shape.last ?? 1
    needsRangePass = false
  }

  var count: Int { elementCount / stretch * slabsPerStretch }

  /// The elements of a slab.
  subscript(index: Int) -> Range<Int> {
    let (major, minor) = index.quotientAndRemainder(dividingBy: slabsPerStretch)
    let start = major * stretch + minor * length
    return start..<min(start + length, (major + 1) * stretch)
  }

  private var slabsPerStretch: Int { (stretch + length - 1) / length }

  private static func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return a / x * b
  }
}
