/// Warnings of a file; of very many only the first are told.
struct HDF5Warnings {
  private static let limit = 20

  private var first: [String] = []
  private var count = 0

  mutating func add(_ warning: String) {
    if count < Self.limit { first.append(warning) }
    count += 1
  }

  var all: [String] {
    count > Self.limit ? first + ["and \(count - Self.limit) more like these"] : first
  }
}
