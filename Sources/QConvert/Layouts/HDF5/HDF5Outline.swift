/// What an HDF5 file is to hold, but for the values of its datasets.
struct HDF5Outline: Sendable {
  /// Groups with attributes or without anything in them, in any order; all others follow from the paths.
  let groups: [Group]
  /// The datasets, in the order in which their data lies in the file.
  let datasets: [Dataset]

  /// A group to be written.
  struct Group: Sendable {
    /// The path from the root, without the slash in front; empty for the root.
    let path: TensorName
    /// Other paths of the same group.
    var otherPaths: [TensorName] = []
    var attributes: [HDF5Attribute] = []
  }

  /// A dataset to be written.
  struct Dataset: Sendable {
    /// The path from the root, without the slash in front.
    let path: TensorName
    /// Other paths of the same dataset.
    var otherPaths: [TensorName] = []
    let type: HDF5Type
    /// The length of every axis; empty for a scalar, nil where there is no element at all.
    let shape: [Int]?
    var attributes: [HDF5Attribute] = []
    /// How it is cut into chunks; nil where it is not.
    var chunking: HDF5Chunking?
    /// The values, where they are known beforehand.
    var value: HDF5Attribute.Value?
  }
}

extension HDF5Outline {
  /// All groups, each after the one it is in; the root, named "", is first.
  ///
  /// - Throws: `HDF5OutputError` for a path that HDF5 cannot hold, that two objects claim, or that leads
  ///   through a dataset.
  func completeGroups() throws(HDF5OutputError) -> [Group] {
    var given: [TensorName: Group] = [:]
    for group in groups {
      guard given.updateValue(group, forKey: group.path) == nil else {
        throw .duplicatePath(group.path)
      }
    }
    var placed: Set<TensorName> = [""]
    var result = [given[""] ?? Group(path: "")]
    func place(_ path: TensorName) {
      guard placed.insert(path).inserted else { return }
      result.append(given[path] ?? Group(path: path))
    }
    for group in groups where group.path != "" {
      for parent in try Self.parents(of: group.path) { place(parent) }
      place(group.path)
    }
    let others =
      datasets.map(\.path) + datasets.flatMap(\.otherPaths) + groups.flatMap(\.otherPaths)
    for path in others {
      for parent in try Self.parents(of: path) { place(parent) }
    }
    for path in others {
      guard placed.insert(path).inserted else { throw .duplicatePath(path) }
    }
    return result
  }

  /// The groups that lead to a path, from the root on.
  private static func parents(of path: TensorName) throws(HDF5OutputError) -> [TensorName] {
    guard HDF5Name.isPath(path) else { throw .invalidPath(path) }
    guard path.string.utf8.count <= HDF5Indexer.pathLimit else {
      throw .pathTooLong(path, "\(HDF5Limit.pathLength)")
    }
    let bytes = path.string.utf8
    let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }
    guard ends.count < HDF5Indexer.depthLimit else {
      throw .pathTooLong(path, "\(HDF5Limit.depth)")
    }
    return ends.map { TensorName(String(path.string[..<$0])) }
  }
}

extension HDF5Outline.Dataset {
  /// What the data takes in the file; nil where the type is one that is not written.
  ///
  /// - Throws: `HDF5OutputError` for a shape that HDF5 cannot hold.
  func byteCount() throws(HDF5OutputError) -> Int? {
    let shape = shape ?? [0]
    guard shape.count <= HDF5Index.rankLimit else { throw .rankTooHigh(path, shape.count) }
    guard let size = type.byteCount else { return nil }
    var count = size
    for extent in shape where extent != 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, 1..<Int(HDF5Index.extentLimit) ~= extent else { throw .sizeOverflow(path) }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}
