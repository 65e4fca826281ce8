/// How the elements of a tensor are cut into slabs, the units of work.
///
/// Slabs have the same length, but for the last of a *stretch*; usually the stretch is the tensor.
struct SlabPartition: Hashable, Sendable {
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
  /// allow. `perByte` quantized values share a byte, and no byte is shared by two slabs.
  init(_ geometry: BlockGeometry, limit: Int, perByte: Int) {
    let packed = SlabPartition(
      elementCount: geometry.elementCount, lastAxis: geometry.shape.last ?? 1, limit: limit,
      perByte: perByte)
    let unit = Self.leastCommonMultiple(geometry.unitLength, packed.alignment)
    elementCount = geometry.elementCount
    alignment = packed.alignment
    needsRangePass = unit > limit && elementCount > limit
    length = needsRangePass ? packed.length : max(limit / unit, 1) * unit
    stretch = needsRangePass ? packed.stretch : elementCount
  }

  /// The partition of packed values whose groups do not matter.
  init(elementCount: Int, lastAxis: Int, limit: Int, perByte: Int) {
    self.elementCount = elementCount
    // Packed rows are padded to whole bytes: where they need padding, slabs take whole rows, and a row
    // that is longer than a slab is a stretch of its own.
    alignment = lastAxis % perByte == 0 ? perByte : lastAxis
    let fits = alignment <= limit
    length = fits ? limit / alignment * alignment : max(limit / perByte, 1) * perByte
    stretch = fits ? elementCount : lastAxis
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
