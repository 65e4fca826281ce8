import CHDF5

extension HDF5Attribute {
  /// Gives an object the attribute.
  ///
  /// - Returns: Why it is left out, if it is.
  func write(to object: borrowing HDF5Handle, at path: TensorName) throws -> HDF5Omission? {
    try checkCount(at: path)
    do {
      try checkWritable()
      try create(in: object, at: path)
      return nil
    } catch let error as HDF5Unwritable {
      return HDF5Omission(path: path, attribute: TensorName(name), reason: error.reason)
    }
  }

  private func create(in object: borrowing HDF5Handle, at path: TensorName) throws {
    let ownName = TensorName(name)
    let type = try HDF5Handle.making(type)
    let space = try HDF5Handle(making: shape, at: path, ownName)
    let attribute = unsafe try HDF5Handle(
      qc_h5_create_attribute(object.id, name, type.id, space.id), at: path, ownName)
    let succeeded =
      switch value {
      case .bytes(let bytes):
        unsafe bytes.isEmpty || qc_h5_write_attribute(attribute.id, type.id, bytes)
      case .texts(let texts): texts.isEmpty || attribute.write(texts, type)
      case .unread: true
      }
    guard succeeded else { throw HDF5OutputError.refused(at: path, ownName) }
  }

  /// Demands that the value has the elements of the shape: the library reads as many.
  private func checkCount(at path: TensorName) throws(HDF5OutputError) {
    guard value.fits(type, shape) else {
      throw .attributeMismatch(path, attribute: TensorName(name))
    }
  }

  private func checkWritable() throws(HDF5Unwritable) {
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw HDF5Unwritable(reason: "HDF5 has no such name")
    }
    try value.checkTexts()
    if case .unread = value {
      if case .other(let kind, _) = type { throw HDF5Unwritable(reason: "a value of type \(kind)") }
      throw HDF5Unwritable(reason: "its value was not read")
    }
  }
}

extension HDF5Attribute.Value {
  /// Whether there are as many elements as in the shape, each of the size of the type.
  func fits(_ type: HDF5Type, _ shape: [Int]?) -> Bool {
    let extents = shape ?? [0]
    var count = 1
    var fits = extents.allSatisfy { $0 >= 0 }
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      fits = fits && !overflow
      count = product
    }
    switch self {
    case .unread: return fits
    case .bytes(let bytes):
      let (size, overflow) = count.multipliedReportingOverflow(by: type.byteCount ?? -1)
      return fits && !overflow && size == bytes.count
    case .texts(let texts):
      guard case .variableString = type else { return false }
      return fits && texts.count == count
    }
  }

  /// Demands texts that C takes for what they are.
  func checkTexts() throws(HDF5Unwritable) {
    guard case .texts(let texts) = self, texts.contains(where: { $0.contains(0) }) else { return }
    throw HDF5Unwritable(reason: "a text with a zero in it")
  }
}

extension HDF5Handle {
  /// Writes texts of any length to an attribute or a dataset.
  func write(_ texts: [[UInt8]], _ type: borrowing HDF5Handle) -> Bool {
    var bytes: [CChar] = []
    var starts: [UInt64] = []
    for text in texts {
      starts.append(UInt64(bytes.count))
      bytes += text.map(CChar.init(bitPattern:)) + [0]
    }
    return unsafe qc_h5_write_texts(id, type.id, bytes, starts, UInt64(texts.count))
  }
}

extension [HDF5Attribute] {
  /// Whether these need an object header of the kind that keeps attributes elsewhere: in the older one
  /// none may have 64 KB, and every new one is compared with all before it.
  var needDenseStorage: Bool { count > 1000 || contains { $0.headerByteCount > 1 << 15 } }
}

extension HDF5Attribute {
  /// At least what it takes in an object header.
  fileprivate var headerByteCount: Int {
    let valueByteCount =
      switch value {
      case .bytes(let bytes): bytes.count
      case .texts(let texts): 16 * texts.count
      case .unread: 0
      }
    return 64 + name.utf8.count + type.headerByteCount + 16 * (shape?.count ?? 0) + valueByteCount
  }
}

extension HDF5Type {
  fileprivate var headerByteCount: Int {
    switch self {
    case .enumeration(_, let members): members.reduce(64) { $0 + $1.name.utf8.count + 16 }
    case .array(let type, let shape): type.headerByteCount + 16 * shape.count + 64
    default: 320
    }
  }
}
