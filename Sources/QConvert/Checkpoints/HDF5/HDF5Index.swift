/// What an HDF5 file holds, without the values of its datasets.
struct HDF5Index: Sendable {
  /// The groups by their paths, the root "" first, each before what is in it.
  let groups: [HDF5Group]
  /// The datasets in the order in which a walk by the bytes of their names meets them.
  let datasets: [HDF5Dataset]
  /// What is unusual and yet allowed: links that lead nowhere or in circles, objects that are no data.
  let warnings: [String]
  /// The bytes before the superblock, which are not of HDF5.
  let userBlock: Int
}

/// A group with its attributes.
struct HDF5Group: Sendable {
  /// The path from the root, without the slash in front; empty for the root.
  let path: TensorName
  /// Other paths of the same group, by hard links.
  var otherPaths: [TensorName] = []
  /// Where the header of the object is, counted from the end of the user block.
  let address: UInt64
  let attributes: [HDF5Attribute]
}

extension HDF5Index {
  /// The most axes, which is libhdf5's own limit.
  static let rankLimit = 32
  /// No axis is as long.
  static let extentLimit: UInt64 = 1 << 48

  /// Checks what a walker of a file has sent against the size of the file and against itself.
  ///
  /// With an identity it must be that file that was walked.
  init(
    parsing message: [UInt8], fileByteCount: Int, identity: FileIdentity? = nil
  ) throws(HDF5Error) {
    var parser = HDF5IndexParser(message, fileByteCount: fileByteCount)
    self = try parser.parse(identity)
  }

  /// The number of elements of a shape. Extents of 0 do not hide others that are too large together.
  static func elementCount(_ shape: [Int]?, of object: TensorName) throws(HDF5Error) -> Int {
    guard let shape else { return 0 }
    var count = 1
    for extent in shape where extent > 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .sizeOverflow(object) }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}
