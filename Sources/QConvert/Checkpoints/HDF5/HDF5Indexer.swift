import CHDF5
import SystemPackage

/// Walks an HDF5 file with libhdf5 and describes what it meets, without judging it.
///
/// Every object is described once, by its address; nothing leads out of the file, and the data of a dataset
/// is never read but where it is part of the object's header, or text of any length, which only libhdf5 finds.
struct HDF5Indexer: ~Copyable {
  static let depthLimit = 128
  static let linkLimit = 2_000_000
  static let pathLimit = 1 << 16

  /// Where an object that was met is in the message.
  private struct Ordinal {
    let isDataset: Bool
    let number: Int
  }

  /// A link that is still to be followed.
  private struct Pending {
    let parent: [UInt8]
    let name: [UInt8]
    /// Nil for the root.
    let address: UInt64?
    let depth: Int
  }

  private let file: HDF5FileHandle
  /// The same file, for what libhdf5 is slow at.
  private let rawFile: HDF5RawFile?
  private let userBlock: UInt64
  private var message = HDF5Message()
  private var seen: [UInt64: Ordinal] = [:]
  private var pending = [Pending(parent: [], name: [], address: nil, depth: 0)]
  private var groupCount = 0
  private var datasetCount = 0
  private var linkCount = 0
  /// The most bytes that the texts of datasets may still take.
  private var textBudget = Self.textByteLimit

  /// Describes a file; what libhdf5 fails at is part of the message.
  static func message(of path: FilePath) throws(HDF5Error) -> [UInt8] {
    try HDF5Library.run { () throws(HDF5Error) in
      do throws(HDF5Failure) {
        let file = try HDF5FileHandle(path.string)
        var facts = qc_h5_file()
        unsafe try HDF5Failure.check(qc_h5_file_facts(file.id, path.string, &facts), .open)
        var indexer = HDF5Indexer(file: file, facts, path)
        return indexer.walk()
      } catch {
        var message = HDF5Message()
        message.appendHeader(nil, userBlock: 0, end: 0)
        message.append(error, at: [])
        return message.bytes
      }
    }
  }

  private init(file: consuming HDF5FileHandle, _ facts: qc_h5_file, _ path: FilePath) {
    self.file = file
    rawFile = (try? InputFile(path)).flatMap {
      try? HDF5RawFile($0, userBlock: Int(clamping: facts.user_block))
    }
    userBlock = facts.user_block
    let identity = try? FileIdentity(of: FileDescriptor(rawValue: facts.descriptor))
    message.appendHeader(identity, userBlock: facts.user_block, end: facts.end)
  }

  private mutating func walk() -> [UInt8] {
    while let next = pending.popLast() {
      let path = next.parent.isEmpty ? next.name : next.parent + [UInt8(ascii: "/")] + next.name
      do throws(HDF5Failure) {
        guard path.count <= Self.pathLimit else { return stop(.pathLength, at: path) }
        if let address = next.address, let ordinal = seen[address] {
          message.append(HDF5Record.alias)
          message.append(path)
          message.append(ordinal.isDataset)
          message.append(ordinal.number)
          continue
        }
        let object = try HDF5Handle(open(next.address), .object)
        guard try describe(object, path, next) else { return message.bytes }
      } catch {
        message.append(error, at: path)
        return message.bytes
      }
      if message.bytes.count > HDF5Message.limit { return stop(.messageLength, at: path) }
    }
    message.append(HDF5Record.end)
    return message.bytes
  }

  private func open(_ address: UInt64?) -> qc_h5_id {
    if let address { qc_h5_open_object(file.id, address) } else { qc_h5_open_root(file.id) }
  }

  /// Describes an object; false ends the walk.
  private mutating func describe(
    _ object: borrowing HDF5Handle, _ path: [UInt8], _ pending: Pending
  ) throws(HDF5Failure) -> Bool {
    var facts = qc_h5_object()
    unsafe try HDF5Failure.check(qc_h5_object_facts(object.id, &facts), .object)
    switch facts.kind {
    case qc_h5_group:
      guard pending.depth <= Self.depthLimit else {
        _ = stop(.depth, at: path)
        return false
      }
      seen[pending.address ?? facts.address] = Ordinal(isDataset: false, number: groupCount)
      groupCount += 1
      var record = HDF5Message()
      record.append(HDF5Record.group)
      record.append(path)
      record.append(facts.address)
      guard try describeAttributes(of: object, in: &record) else {
        _ = stop(.attributes, at: path)
        return false
      }
      message.append(contentsOf: record)
      return try follow(linksOf: object, path, depth: pending.depth)
    case qc_h5_dataset:
      seen[pending.address ?? facts.address] = Ordinal(isDataset: true, number: datasetCount)
      datasetCount += 1
      let place = HDF5DatasetDescription.Place(
        address: facts.address, userBlock: userBlock, file: rawFile)
      switch try HDF5DatasetDescription(of: object, path, at: place, textBudget: &textBudget) {
      case .record(var record):
        guard try describeAttributes(of: object, in: &record) else {
          _ = stop(.attributes, at: path)
          return false
        }
        message.append(contentsOf: record)
        return true
      case .elsewhere(let isVirtual):
        message.append(HDF5Record.elsewhere)
        message.append(path)
        message.append(isVirtual)
        return false
      }
    default:
      message.append(HDF5Record.leftOut)
      message.append(path)
      message.append(0)
      return true
    }
  }

  /// Notes the links of a group for later; false ends the walk.
  private mutating func follow(
    linksOf group: borrowing HDF5Handle, _ path: [UInt8], depth: Int
  ) throws(HDF5Failure) -> Bool {
    var links = try HDF5Links(of: group, limit: Self.linkLimit - linkCount)
    linkCount += links.all.count
    guard linkCount < Self.linkLimit else {
      _ = stop(.links, at: path)
      return false
    }
    links.sort()
    var hard: [Pending] = []
    for link in links.all {
      if link.kind == qc_h5_hard, link.isPathComponent {
        hard.append(
          Pending(parent: path, name: link.name, address: link.address, depth: depth + 1))
        continue
      }
      let isHard = link.kind == qc_h5_hard
      message.append(isHard ? HDF5Record.leftOut : .link)
      message.append(path.isEmpty ? link.name : path + [UInt8(ascii: "/")] + link.name)
      switch link.kind {
      case qc_h5_hard: message.append(1)
      case qc_h5_soft: message.append(HDF5LinkKind.soft)
      case qc_h5_external:
        message.append(HDF5LinkKind.external)
        return false
      default:
        message.append(HDF5LinkKind.user)
        return false
      }
      // A long path in front of many names: bounded before the next object is.
      guard message.bytes.count <= HDF5Message.limit else {
        _ = stop(.messageLength, at: path)
        return false
      }
    }
    pending += hard.reversed()
    return true
  }

  private mutating func stop(_ limit: HDF5Limit, at path: [UInt8]) -> [UInt8] {
    message.append(HDF5Record.limit)
    message.append(Array(path.prefix(Self.pathLimit)))
    message.append(limit)
    return message.bytes
  }
}

extension HDF5Message {
  fileprivate mutating func appendHeader(_ identity: FileIdentity?, userBlock: UInt64, end: UInt64)
  {
    append(Self.magic)
    append(identity?.device ?? 0)
    append(identity?.inode ?? 0)
    append(identity?.byteCount ?? 0)
    append(userBlock)
    append(end)
  }

  fileprivate mutating func append(_ failure: HDF5Failure, at path: [UInt8]) {
    append(HDF5Record.failure)
    append(path)
    append(failure.step)
    append(failure.message)
  }
}
