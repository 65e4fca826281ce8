/// Checks what a walker says of an HDF5 file against the size of the file and against itself.
struct HDF5IndexParser {
  /// A range of the file that holds data of a dataset.
  private struct Extent {
    let range: Range<Int>
    let dataset: Int
  }

  let fileByteCount: Int
  private(set) var reader: HDF5MessageReader
  private var userBlock = 0
  private var groups: [HDF5Group] = []
  /// Nil stands for one that is left out.
  private var datasets: [HDF5Dataset?] = []
  private var paths: Set<TensorName> = []
  private var extents: [Extent] = []
  private var warnings = HDF5Warnings()

  init(_ message: [UInt8], fileByteCount: Int) {
    reader = HDF5MessageReader(message)
    self.fileByteCount = fileByteCount
  }

  mutating func parse(_ identity: FileIdentity?) throws(HDF5Error) -> HDF5Index {
    guard try reader.number() == HDF5Message.magic else { throw reader.malformed }
    let (device, inode, size) = (
      try reader.number(), try reader.number(), try reader.number()
    )
    userBlock = try reader.size()
    let end = try reader.number()
    var isFirst = true
    while true {
      let record: HDF5Record = try reader.choice()
      if isFirst, record != .failure {
        try checkIdentity(identity, device, inode, size)
        noteTrail(end)
      }
      isFirst = false
      switch record {
      case .end:
        guard reader.isAtEnd, !groups.isEmpty else { throw reader.malformed }
        try checkOverlaps()
        return HDF5Index(
          groups: groups, datasets: datasets.compactMap(\.self), warnings: warnings.all,
          userBlock: userBlock)
      case .group: try parseGroup()
      case .dataset: try parseDataset()
      case .alias: try parseAlias()
      case .link: try parseLink()
      case .leftOut: try parseLeftOut()
      case .elsewhere:
        let name = try reader.escapedName()
        throw try reader.flag() ? .virtualDataset(name) : .externalStorage(name)
      case .failure: throw try failure()
      case .limit: throw try limit()
      }
    }
  }

  private func checkIdentity(
    _ identity: FileIdentity?, _ device: UInt64, _ inode: UInt64, _ size: UInt64
  ) throws(HDF5Error) {
    guard let identity else { return }
    guard identity.device == device, identity.inode == inode,
      UInt64(exactly: identity.byteCount) == size
    else { throw .otherFile }
  }

  private mutating func noteTrail(_ end: UInt64) {
    let (end, overflow) = end.addingReportingOverflow(UInt64(userBlock))
    guard !overflow, let end = Int(exactly: end), end < fileByteCount else { return }
    let count = fileByteCount - end
    warnings.add("\(count) \(count == 1 ? "byte follows" : "bytes follow") the last object")
  }

  private mutating func parseGroup() throws(HDF5Error) {
    let path = try newPath()
    let address = try reader.number()
    let attributes = try parseAttributes(of: path)
    groups.append(HDF5Group(path: path, address: address, attributes: attributes))
  }

  private mutating func parseAlias() throws(HDF5Error) {
    let path = try newPath()
    let isDataset = try reader.flag()
    let ordinal = try reader.size()
    guard ordinal < (isDataset ? datasets.count : groups.count) else { throw reader.malformed }
    if isDataset {
      datasets[ordinal]?.otherPaths.append(path)
      guard let original = datasets[ordinal]?.path else { return }
      warnings.add("\(path) is another name of the dataset \(original)")
    } else {
      groups[ordinal].otherPaths.append(path)
      let original = groups[ordinal].path
      warnings.add(
        "\(path) is another name of "
          + (original.string.isEmpty ? "the root group" : "the group \(original)"))
    }
  }

  private mutating func parseLink() throws(HDF5Error) {
    let name = try reader.escapedName()
    switch try reader.choice() as HDF5LinkKind {
    case .soft: warnings.add("\(name): a soft link, not followed")
    case .external: throw .externalLink(name)
    case .user: throw .userDefinedLink(name)
    }
  }

  private mutating func parseLeftOut() throws(HDF5Error) {
    let name = try reader.escapedName()
    warnings.add(
      try reader.flag()
        ? "\(name): left out, its name is not UTF-8 or holds a slash"
        : "\(name): a named type, left out")
  }

  private mutating func failure() throws(HDF5Error) -> HDF5Error {
    let name = try reader.escapedName()
    let step: HDF5Step = try reader.choice()
    let message = try reader.escapedName()
    return .refused(
      step == .open ? nil : name, step: step.description,
      message: message.string.isEmpty ? "no reason given" : message.description)
  }

  private mutating func limit() throws(HDF5Error) -> HDF5Error {
    let name = try reader.escapedName()
    let limit: HDF5Limit = try reader.choice()
    return .limitReached(name, what: limit.description)
  }

  /// A path that no object has yet.
  private mutating func newPath() throws(HDF5Error) -> TensorName {
    let path = try reader.name()
    guard paths.insert(path).inserted else { throw .duplicatePath(path) }
    return path
  }

  private mutating func parseAttributes(of path: TensorName) throws(HDF5Error) -> [HDF5Attribute] {
    let count = try reader.count(elementSize: 8)
    var attributes: [HDF5Attribute] = []
    for _ in 0..<count {
      let name = try reader.text()
      let attribute = TensorName(escaping: name)
      let type = try reader.type(of: path)
      let shape = try reader.shape(of: path)
      let value = try reader.value()
      try Self.check(value, type, shape, path, attribute)
      guard String(validating: name, as: UTF8.self) != nil else {
        warnings.add("\(path): the attribute \(attribute) is left out, its name is not UTF-8")
        continue
      }
      attributes.append(
        HDF5Attribute(name: attribute.string, type: type, shape: shape, value: value))
    }
    return attributes
  }

  private static func check(
    _ value: HDF5Attribute.Value, _ type: HDF5Type, _ shape: [Int]?, _ path: TensorName,
    _ attribute: TensorName
  ) throws(HDF5Error) {
    let count = try HDF5Index.elementCount(shape, of: path)
    let isRight =
      switch value {
      case .unread: true
      case .bytes(let bytes):
        type.byteCount.map { count.multipliedReportingOverflow(by: $0) }
          .map { !$0.overflow && $0.partialValue == bytes.count } ?? false
      case .texts(let texts):
        if case .variableString = type { texts.count == count } else { false }
      }
    guard isRight else { throw .attributeMismatch(path, attribute: attribute) }
  }

  private mutating func parseDataset() throws(HDF5Error) {
    let path = try newPath()
    let address = try reader.number()
    var parser = HDF5DatasetParser(
      path: path, userBlock: userBlock, fileByteCount: fileByteCount)
    try parser.parse(&reader)
    let attributes = try parseAttributes(of: path)
    if let filter = parser.builtInFilter {
      warnings.add(
        "\(HDF5Error.unsupportedFilter(path, id: filter.id, name: filter.name)): left out")
      datasets.append(nil)
      return
    }
    for range in parser.extents { extents.append(Extent(range: range, dataset: datasets.count)) }
    datasets.append(
      HDF5Dataset(
        path: path, address: address, type: parser.type, shape: parser.shape,
        storage: parser.storage, filters: parser.filters, chunking: parser.chunking,
        fill: parser.fill, attributes: attributes))
  }

  private func checkOverlaps() throws(HDF5Error) {
    let sorted = extents.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (extent, next) in zip(sorted, sorted.dropFirst())
    where next.range.lowerBound < extent.range.upperBound {
      guard let first = datasets[extent.dataset]?.path, let second = datasets[next.dataset]?.path
      else { continue }
      throw .overlap(second, first, at: next.range.lowerBound)
    }
  }
}

extension HDF5Step: CustomStringConvertible {
  var description: String {
    switch self {
    case .open: "open the file"
    case .list: "list its links"
    case .object: "open it"
    case .attributes: "read its attributes"
    case .type: "read its type"
    case .shape: "read its shape"
    case .storage: "tell where its data is"
    case .data: "read its data"
    }
  }
}

extension HDF5Limit: CustomStringConvertible {
  var description: String {
    switch self {
    case .depth: "more than \(HDF5Indexer.depthLimit) groups deep"
    case .links: "the file has more than \(HDF5Indexer.linkLimit) links up to here"
    case .pathLength: "a path of more than \(HDF5Indexer.pathLimit) bytes"
    case .attributes: "more than \(HDF5Indexer.attributeLimit) attributes"
    case .messageLength:
      "the index of the file takes more than \(HDF5Message.limit) bytes up to here"
    }
  }
}
