import Fixtures
import Foundation
import SystemPackage

@testable import QConvert

/// The small model of Keras in `keras/archives`, in all its forms.
enum ArchiveFixture {
  static let archives = ["stored", "deflated", "assets"]
  static let index = path("small.weights.json")

  static func path(_ name: String) -> FilePath {
    Fixtures.keras.appending("archives").appending(name)
  }

  struct Fact: Decodable {
    let shape: [Int]
    let first: Float
  }

  /// What Keras says of every variable: its shape, and the number that it holds all over.
  static func facts() throws -> [String: Fact] {
    try JSONDecoder().decode([String: Fact].self, from: Data(path("numbers.json").fileBytes))
  }

  /// The same of a model that is open, of the tensors that are floats.
  static func numbers(_ model: Model) throws -> [String: [Float]] {
    var found: [String: [Float]] = [:]
    for tensor in model.storedTensors where tensor.descriptor.dtype == .float32 {
      let bytes = try tensor.bytes(0..<tensor.descriptor.byteCount)
      let values = stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(
          bitPattern: bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        )
      }
      found[tensor.descriptor.name.string] = values
    }
    return found
  }

  static func expectedNumbers() throws -> [String: [Float]] {
    try facts().filter { $0.key != "optimizer/vars/0" }.mapValues { fact in
      [Float](repeating: fact.first, count: fact.shape.reduce(1, *))
    }
  }
}
