import CHDF5
import SystemPackage

/// Makes an outline a file, with libhdf5.
struct HDF5OutlineWriter: ~Copyable {
  private let outline: HDF5Outline
  private let groups: [HDF5Outline.Group]
  private let file: HDF5NewFile
  /// Where the data of each dataset goes.
  private(set) var data: [Range<Int>?] = []
  private(set) var omissions: [HDF5Omission] = []

  /// Creates the file.
  init(_ outline: HDF5Outline, to path: FilePath) throws(HDF5OutputError) {
    let groups = try outline.completeGroups()
    let file = try HDF5NewFile(path, rootIsDense: groups[0].attributes.needDenseStorage)
    self.outline = outline
    self.groups = groups
    self.file = file
  }

  /// Writes everything there is.
  mutating func write() throws {
    for group in groups { try write(group) }
    for dataset in outline.datasets {
      guard dataset.value?.fits(dataset.type, dataset.shape) ?? true else {
        throw HDF5OutputError.valueMismatch(dataset.path)
      }
      try write(dataset)
    }
    for group in groups { try link(group.path, group.otherPaths) }
  }

  /// Closes the file.
  consuming func finish() throws(HDF5OutputError) { try file.finish() }

  private mutating func write(_ group: HDF5Outline.Group) throws {
    let id =
      unsafe group.path == ""
      ? qc_h5_open_root(file.id)
      : qc_h5_create_group(file.id, group.path.string, group.attributes.needDenseStorage)
    try write(group.attributes, of: HDF5Handle(id, at: group.path), at: group.path)
  }

  private mutating func write(_ dataset: HDF5Outline.Dataset) throws {
    do {
      data.append(try create(dataset))
    } catch let error as HDF5Unwritable {
      data.append(nil)
      for path in [dataset.path] + dataset.otherPaths {
        omissions.append(HDF5Omission(path: path, attribute: nil, reason: error.reason))
      }
    }
  }

  /// Returns where the data goes, if it has a place and is not known.
  private mutating func create(_ dataset: HDF5Outline.Dataset) throws -> Range<Int>? {
    let byteCount = try dataset.byteCount()
    try dataset.checkWritable()
    let type = try HDF5Handle.making(dataset.type)
    let space = try HDF5Handle(
      making: dataset.shape, limits: dataset.chunking?.limits, at: dataset.path)
    let storage = try HDF5Handle.storing(dataset)
    let handle = unsafe try HDF5Handle(
      qc_h5_create_dataset(
        file.id, dataset.path.string, type.id, space.id, storage.id,
        dataset.attributes.needDenseStorage),
      at: dataset.path)
    try write(dataset.attributes, of: handle, at: dataset.path)
    try link(dataset.path, dataset.otherPaths)
    if let value = dataset.value {
      try write(value, to: handle, type, at: dataset.path)
      return nil
    }
    guard dataset.chunking == nil else { return nil }
    return try Self.place(of: handle, byteCount: byteCount ?? 0, at: dataset.path)
  }

  private func write(
    _ value: HDF5Attribute.Value, to dataset: borrowing HDF5Handle, _ type: borrowing HDF5Handle,
    at path: TensorName
  ) throws(HDF5OutputError) {
    let succeeded =
      switch value {
      case .bytes(let bytes):
        unsafe bytes.isEmpty || qc_h5_write_dataset(dataset.id, type.id, bytes)
      case .texts(let texts): texts.isEmpty || dataset.write(texts, type)
      case .unread: true
      }
    guard succeeded else { throw .refused(at: path) }
  }

  private static func place(
    of dataset: borrowing HDF5Handle, byteCount: Int, at path: TensorName
  ) throws(HDF5OutputError) -> Range<Int>? {
    guard byteCount > 0 else { return nil }
    guard let start = Int(exactly: qc_h5_offset(dataset.id)), byteCount <= Int.max - start else {
      throw .refused(path, attribute: nil, message: "there is no place for its data")
    }
    return start..<start + byteCount
  }

  private mutating func write(
    _ attributes: [HDF5Attribute], of object: borrowing HDF5Handle, at path: TensorName
  ) throws {
    for attribute in attributes {
      if let omission = try attribute.write(to: object, at: path) { omissions.append(omission) }
    }
  }

  private func link(_ path: TensorName, _ otherPaths: [TensorName]) throws(HDF5OutputError) {
    for other in otherPaths {
      guard unsafe qc_h5_create_hard_link(file.id, "/" + path.string, other.string) else {
        throw .refused(at: other)
      }
    }
  }
}
