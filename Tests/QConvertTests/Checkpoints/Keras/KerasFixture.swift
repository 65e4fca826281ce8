import Fixtures
import Foundation
import SystemPackage

@testable import QConvert

/// What a real file of Keras holds, with what Keras says of its variables.
struct KerasFixture: Decodable, Sendable {
  struct Attribute: Decodable, Sendable {
    let shape: [Int]
    /// The size of fixed-length texts.
    let size: Int?
    let texts: [String]?
  }
  struct Group: Decodable, Sendable {
    let path: String
    let attributes: [String: Attribute]
  }
  struct Dataset: Decodable, Sendable {
    let path: String
    let type: String
    let shape: [Int]
    let `class`: String?
    let variable: String?
    /// The lengths of the axes of channels and of blocks.
    let features: Int?
    let inputs: Int?
  }

  let config: String?
  let groups: [Group]
  let datasets: [Dataset]

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.keras.string)) ?? []
    return files.filter { $0.hasSuffix(".json") }.sorted()
  }()

  init(_ name: String) throws {
    let bytes = try Fixtures.keras.appending(name).fileBytes
    self = try JSONDecoder().decode(Self.self, from: Data(bytes))
  }

  var index: HDF5Index {
    HDF5Index(
      groups: groups.map { group in
        HDF5Group(
          path: TensorName(group.path), address: 0,
          attributes: group.attributes.sorted { $0.key < $1.key }.map { name, attribute in
            if let texts = attribute.texts {
              .texts(name, texts, size: attribute.size, isScalar: attribute.shape.isEmpty)
            } else {
              .numbers(name, count: attribute.shape.reduce(1, *))
            }
          })
      },
      datasets: datasets.map { .sample($0.path, $0.shape, isFloat: $0.type.contains("f")) },
      warnings: [], userBlock: 0)
  }

  func model(withConfig: Bool = true) throws -> KerasModel? {
    try KerasModel(index: index, config: withConfig ? config.map { Array($0.utf8) } : nil)
  }
}

extension HDF5Dataset {
  static func sample(_ path: String, _ shape: [Int], isFloat: Bool = true) -> HDF5Dataset {
    HDF5Dataset(
      path: TensorName(path), address: 0, type: isFloat ? .float32 : .int64, shape: shape,
      storage: .unallocated, filters: [], fill: nil, attributes: [])
  }
}

extension HDF5Attribute {
  /// An attribute of texts: of any length, or each padded to a size.
  static func texts(
    _ name: String, _ texts: [String], size: Int? = nil, isScalar: Bool = false
  ) -> HDF5Attribute {
    let shape = isScalar ? [] : [texts.count]
    guard let size else {
      return HDF5Attribute(
        name: name, type: .variableString(isUTF8: true), shape: shape,
        value: .texts(texts.map { Array($0.utf8) }))
    }
    let bytes = texts.flatMap { text in
      Array(text.utf8) + [UInt8](repeating: 0, count: size - text.utf8.count)
    }
    return HDF5Attribute(
      name: name, type: .string(size: size, padding: .nullPadded, isUTF8: false), shape: shape,
      value: .bytes(bytes))
  }

  static func text(_ name: String, _ text: String) -> HDF5Attribute {
    texts(name, [text], isScalar: true)
  }

  static func numbers(_ name: String, count: Int) -> HDF5Attribute {
    HDF5Attribute(
      name: name, type: .int64, shape: [count],
      value: .bytes([UInt8](repeating: 0, count: 8 * count)))
  }
}

extension HDF5Index {
  /// A file with these groups and datasets.
  static func sample(
    _ groups: KeyValuePairs<String, [HDF5Attribute]>, _ datasets: [HDF5Dataset] = []
  ) -> HDF5Index {
    HDF5Index(
      groups: groups.map { HDF5Group(path: TensorName($0.key), address: 0, attributes: $0.value) },
      datasets: datasets, warnings: [], userBlock: 0)
  }
}
