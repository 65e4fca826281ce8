import CHDF5

extension HDF5Indexer {
  /// More attributes than any object needs.
  static let attributeLimit = 1 << 16
  /// The largest value of an attribute that is read, and the most texts.
  static let attributeByteLimit = 1 << 20
  static let textCountLimit = 1 << 16
  /// The most bytes that the texts of an attribute take together, and those of all datasets.
  static let textByteLimit = 16 << 20

  /// Describes the attributes of an object; false if there are too many.
  func describeAttributes(
    of object: borrowing HDF5Handle, in record: inout HDF5Message
  ) throws(HDF5Failure) -> Bool {
    let names = try attributeNames(of: object).sorted { $0.lexicographicallyPrecedes($1) }
    guard names.count < Self.attributeLimit else { return false }
    record.append(names.count)
    for name in names {
      let text = name.map(CChar.init(bitPattern:)) + [0]
      let attribute = unsafe try HDF5Handle(qc_h5_open_attribute(object.id, text), .attributes)
      let type = try HDF5Handle(qc_h5_attribute_type(attribute.id), .type)
      var space = qc_h5_space()
      unsafe try HDF5Failure.check(qc_h5_attribute_space(attribute.id, &space), .shape)
      record.append(name)
      let values = try record.append(type)
      record.append(space)
      describeValue(of: attribute, type, values, count: space.elementCount, in: &record)
    }
    return true
  }

  private func attributeNames(
    of object: borrowing HDF5Handle
  ) throws(HDF5Failure) -> [[UInt8]] {
    var names: [[UInt8]] = []
    let id = object.id
    let succeeded = unsafe withUnsafeMutablePointer(to: &names) { names in
      unsafe qc_h5_attributes(
        id,
        { context, name in
          guard let context = unsafe context, let name = unsafe name else { return false }
          let names = unsafe context.assumingMemoryBound(to: [[UInt8]].self)
          unsafe names.pointee.append(Array(bytesOf: name))
          return unsafe names.pointee.count < HDF5Indexer.attributeLimit
        }, unsafe names)
    }
    try HDF5Failure.check(succeeded, .attributes)
    return names
  }

  /// Adds the value, or that it was not read.
  private func describeValue(
    of attribute: borrowing HDF5Handle, _ type: borrowing HDF5Handle, _ values: HDF5Values,
    count: Int?, in record: inout HDF5Message
  ) {
    switch values {
    case .fixed(let size):
      let (byteCount, overflow) = (count ?? .max).multipliedReportingOverflow(by: size)
      guard !overflow, byteCount <= Self.attributeByteLimit else { break }
      var bytes = [UInt8](repeating: 0, count: byteCount)
      guard unsafe byteCount == 0 || qc_h5_read_attribute(attribute.id, type.id, &bytes) else {
        break
      }
      record.append(1)
      record.append(bytes)
      return
    case .texts:
      let id = (attribute: attribute.id, type: type.id)
      guard let count, count <= Self.textCountLimit,
        let texts = unsafe HDF5Texts.read(
          count: count, byteLimit: Self.textByteLimit,
          { texts in unsafe qc_h5_read_texts(id.attribute, id.type, texts) })
      else { break }
      record.append(2)
      record.append(texts.count)
      for text in texts { record.append(text) }
      return
    case .elsewhere: break
    }
    _ = HDF5Library.message()
    record.append(0)
  }
}

extension HDF5Message {
  /// Adds a shape.
  mutating func append(_ space: qc_h5_space) {
    switch space.kind {
    case qc_h5_null: append(0)
    case qc_h5_scalar: append(1)
    default:
      append(2)
      append(Int(space.rank))
      for (extent, limit) in zip(space.extentList, space.limitList) {
        append(extent)
        append(limit)
      }
    }
  }
}

extension qc_h5_space {
  var extentList: [UInt64] { Array(firstOf: extents, count: rank) }
  var limitList: [UInt64] { Array(firstOf: limits, count: rank) }

  /// The number of elements; nil when no number holds it.
  var elementCount: Int? {
    if kind == qc_h5_null { return 0 }
    var count = 1
    for extent in extentList {
      guard let extent = Int(exactly: extent) else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}

extension [UInt64] {
  /// The first elements of an array of C.
  init<Values>(firstOf values: Values, count: Int32) {
    self = unsafe Swift.withUnsafeBytes(of: values) { bytes in
      unsafe Array(bytes.bindMemory(to: UInt64.self).prefix(Int(count)))
    }
  }
}
