/// The file that tells in which shard a tensor is.
struct PlannedIndex: Sendable {
  let name: String
  let bytes: [UInt8]

  /// The index of a plan's shards; nil where no shard needs one: a lone file that had none.
  init?(of plan: ConversionPlan, _ model: Model) {
    var shards: [String] = []
    for file in plan.files {
      guard case .shard(let name) = file.role else { return nil }
      shards.append(name)
    }
    let isLone =
      shards.count == 1 && (model.index == nil || shards[0] == "\(model.stem).safetensors")
    if isLone { return nil }
    // An index that was named on the command line may be called anything; loaders know one ending.
    let ending = ".safetensors.index.json"
    name = model.indexName.flatMap { $0.hasSuffix(ending) ? $0 : nil } ?? model.stem + ending
    let entries = plan.tensors.flatMap(\.entries) + plan.closingEntries
    bytes = ShardIndex.bytes(
      weightMap: entries.map { ($0.entry.name, shards[$0.file]) },
      metadata: model.index?.metadata ?? [],
      totalSize: entries.reduce(0) { $0 + $1.bytes.count })
  }
}
