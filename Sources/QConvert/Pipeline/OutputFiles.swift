/// How the tensors of a model are spread over the files of its output.
struct OutputFiles {
  /// What the files are, in their order.
  let roles: [PlannedFile.Role]
  /// The file of every tensor.
  let fileOfTensor: [Int]

  /// One file, and one for parameters if wanted.
  init(tensorCount: Int, separatesParameters: Bool) {
    roles = separatesParameters ? [.main, .buffers] : [.main]
    fileOfTensor = [Int](repeating: 0, count: tensorCount)
  }

  /// The shards of the input, each with its tensors.
  init(shardsOf model: Model) {
    roles = model.shards.map { .shard($0.name) }
    fileOfTensor = model.shardOfTensor
  }

  /// New shards: one ends before the tensor that would take it over the limit, so that only a tensor
  /// that is larger by itself makes a larger one. Sizes are those of tensors, as the index counts them.
  init(byteCounts: [Int], limit: Int, stem: String) {
    var files: [Int] = []
    var last = 0
    var size = 0
    for count in byteCounts {
      if size > 0, count > limit - size {
        last += 1
        size = 0
      }
      files.append(last)
      size += count
    }
    fileOfTensor = files
    let count = last + 1
    roles = (1...count).map { number in
      // As the hub's tools name them: a single file has no number.
      .shard(
        count == 1
          ? "\(stem).safetensors"
          : "\(stem)-\(Self.padded(number))-of-\(Self.padded(count)).safetensors")
    }
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(5 - digits.count, 0)) + digits
  }
}
