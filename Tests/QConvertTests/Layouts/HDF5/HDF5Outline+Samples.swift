import Fixtures
import SystemPackage

@testable import QConvert

extension HDF5Outline {
  /// Lays the file out, writes it without data and walks it with libhdf5.
  func written(in directory: TemporaryDirectory) throws -> (HDF5Skeleton, HDF5Index) {
    let skeleton = try HDF5Skeleton(of: self, directory: directory.path(""))
    let path = directory.path("outlined.h5")
    try skeleton.write(to: path)
    return (skeleton, try HDF5Index(of: InputFile(path), access: .inProcess))
  }
}

extension HDF5Skeleton {
  /// Writes the segments to a file of the right size.
  func write(to path: FilePath) throws {
    let file = try FileDescriptor.open(
      path, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.resize(to: Int64(byteCount))
    for segment in segments {
      _ = try file.writeAll(toAbsoluteOffset: Int64(segment.offset), segment.bytes)
    }
  }
}

extension HDF5Outline {
  /// All that an index tells of a file.
  init(_ index: HDF5Index) {
    self.init(
      groups: index.groups.map {
        Group(path: $0.path, otherPaths: $0.otherPaths, attributes: $0.attributes)
      },
      datasets: index.datasets.map {
        Dataset(
          path: $0.path, otherPaths: $0.otherPaths, type: $0.type, shape: $0.shape,
          attributes: $0.attributes)
      })
  }

  /// Datasets of one type in the root, an axis each.
  init(_ datasets: [TensorName], _ type: HDF5Type = .float32, shape: [Int]? = [3]) {
    self.init(
      groups: [], datasets: datasets.map { Dataset(path: $0, type: type, shape: shape) })
  }
}

extension HDF5Type {
  static let float32 = float(.ieee(size: 4, exponent: 8, mantissa: 23))
  static let int64 = integer(HDF5Integer(size: 8, isSigned: true, order: .little))
}

extension HDF5Float {
  /// A format with the sign at the top.
  static func ieee(
    size: Int, exponent: Int, mantissa: Int, order: HDF5ByteOrder = .little
  ) -> HDF5Float {
    HDF5Float(
      size: size, order: order, precision: 8 * size, offset: 0, signPosition: 8 * size - 1,
      exponentPosition: mantissa, exponentSize: exponent, exponentBias: 1 << (exponent - 1) - 1,
      mantissaPosition: 0, mantissaSize: mantissa, isNormalized: true)
  }
}

extension HDF5Attribute {
  init(_ name: String, _ type: HDF5Type, _ shape: [Int]?, _ bytes: [UInt8]) {
    self.init(name: name, type: type, shape: shape, value: .bytes(bytes))
  }

  /// A row of texts of any length.
  init(_ name: String, _ texts: [String]) {
    self.init(
      name: name, type: .variableString(isUTF8: true), shape: [texts.count],
      value: .texts(texts.map { Array($0.utf8) }))
  }
}
