/// How a dataset is cut into chunks, and what those go through on their way into the file.
struct HDF5Chunking: Hashable, Sendable {
  /// The length of every axis of a chunk.
  var shape: [Int]
  /// How far every axis may be extended; nil means without a limit.
  var limits: [Int?]
  /// What a chunk goes through, in that order.
  var steps: [BlockEncoding]
}

extension BlockEncoding {
  /// The level where a filter does not tell its own.
  private static let usualLevel = 4

  /// The step that a filter stands for; nil for one that is never applied here.
  init?(_ filter: HDF5Filter) {
    switch filter.id {
    case 1:
      let level = filter.parameters.first ?? Self.usualLevel
      self = .deflate(level: 0...9 ~= level ? level : Self.usualLevel)
    case 2: self = .shuffle
    case 3: self = .fletcher32
    default: return nil
    }
  }
}
