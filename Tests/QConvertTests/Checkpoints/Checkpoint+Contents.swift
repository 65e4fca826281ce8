@testable import QConvert

extension Checkpoint {
  /// What the file holds under every name: type, shape and bytes.
  var contents: [String: [String]] {
    get throws {
      Dictionary(
        uniqueKeysWithValues: try tensors.map { tensor in
          let bytes = try StoredTensor(file: data, descriptor: tensor).bytes(0..<tensor.byteCount)
          return (tensor.name.string, ["\(tensor.typeName)", "\(tensor.shape)", "\(bytes)"])
        })
    }
  }
}
