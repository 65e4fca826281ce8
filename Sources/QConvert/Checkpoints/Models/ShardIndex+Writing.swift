extension ShardIndex {
  /// The text of an index as Hugging Face writes it: two blanks a level, the tensors in the order of
  /// their bytes.
  ///
  /// - Parameters:
  ///   - weightMap: Every tensor with its file.
  ///   - metadata: The metadata of the input, which stays but for its `total_size`.
  ///   - totalSize: The bytes of all tensors.
  /// - Returns: UTF-8 text that ends with a line feed.
  static func bytes(
    weightMap: [(TensorName, String)], metadata: [JSONValue.Member], totalSize: Int
  ) -> [UInt8] {
    let size = JSONValue.Member(name: "total_size", value: .integer(totalSize))
    var metadata = metadata
    if let place = metadata.firstIndex(where: { $0.name == size.name }) {
      metadata[place] = size
    } else {
      metadata.append(size)
    }
    let members = weightMap.sorted { $0.0 < $1.0 }.map { name, shard in
      JSONValue.Member(name: name.string, value: .string(shard))
    }
    var text: [UInt8] = []
    JSONValue.object(["metadata": .object(metadata), "weight_map": .object(members)])
      .write(to: &text, indentation: 0, depth: .max)
    text.append(UInt8(ascii: "\n"))
    return text
  }
}
