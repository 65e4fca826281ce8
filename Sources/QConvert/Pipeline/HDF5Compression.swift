/// How the datasets of an HDF5 output are stored, whatever they were before.
public enum HDF5Compression: Hashable, Sendable {
  /// Not compressed: every dataset is contiguous.
  case off
  /// In chunks, shuffled and deflated at a level from 1 to 9.
  case gzip(level: Int)

  /// The value that a text spells: `none`, or `gzip:1` to `gzip:9`.
  public init?(_ text: String) {
    let known = [HDF5Compression.off] + (1...9).map(HDF5Compression.gzip)
    guard let value = known.first(where: { $0.description == text }) else { return nil }
    self = value
  }
}

extension HDF5Compression: CustomStringConvertible {
  /// The text that spells it.
  public var description: String {
    switch self {
    case .off: "none"
    case .gzip(let level): "gzip:\(level)"
    }
  }
}

extension HDF5Chunking {
  /// Bands that are larger take chunks other than those of the source: one for each worker, or a few, are
  /// held in memory.
  private static let bandLimit = 32 << 20
  /// About the size of chunks where there are none to keep.
  private static let usualByteCount = 1 << 20

  /// How a dataset of this shape is cut into chunks; nil where it is contiguous.
  ///
  /// - Parameters:
  ///   - shape: The length of every axis.
  ///   - elementSize: The bytes of an element.
  ///   - source: The chunks that it had before.
  ///   - compression: What is wanted; nil means as before.
  ///   - smallest: The bytes from which a dataset without chunks gets some.
  init?(
    _ shape: [Int], elementSize: Int, source: HDF5Chunking?, _ compression: HDF5Compression?,
    smallest: Int
  ) {
    guard !shape.isEmpty else { return nil }
    switch compression {
    case .off: return nil
    case nil:
      guard let source else { return nil }
      self = source
    case .gzip(let level):
      let byteCount = shape.reduce(elementSize, *)
      guard source != nil || byteCount >= smallest else { return nil }
      self =
        source
        ?? HDF5Chunking(
          shape: ChunkGrid.chunk(
            shape, of: shape, elementSize: elementSize, byteLimit: Self.usualByteCount),
          limits: shape, steps: [])
      let isChecked = steps.contains(.fletcher32)
      steps =
        (elementSize > 1 ? [.shuffle] : []) + [.deflate(level: level)]
        + (isChecked ? [.fletcher32] : [])
    }
    self.shape = ChunkGrid.chunk(
      self.shape, of: shape, elementSize: elementSize, byteLimit: Self.bandLimit)
  }

  /// The same chunks over a tensor: an array in every element adds its axes, and an axis that has become
  /// shorter bounds its chunks. Nil where the axes are others.
  func over(_ tensor: [Int], from source: HDF5Dataset) -> HDF5Chunking? {
    guard var full = source.shape else { return nil }
    var chunking = self
    if case .array(_, let inner) = source.type {
      full += inner
      chunking.shape += inner
      chunking.limits += inner
    }
    guard tensor.count == full.count else { return nil }
    if tensor != full { chunking.limits = tensor }
    chunking.shape = zip(chunking.shape, chunking.limits).map { min($0, $1 ?? .max) }
    return chunking.shape.contains(0) ? nil : chunking
  }
}

extension HDF5Outline.Dataset {
  /// The chunks whose values are to be put; nil where there are none.
  var grid: ChunkGrid? {
    guard let chunking, value == nil, let shape, !shape.contains(0), let size = type.byteCount
    else { return nil }
    return ChunkGrid(
      shape: shape, chunk: chunking.shape, elementSize: size, steps: chunking.steps)
  }
}
