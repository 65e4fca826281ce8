import SystemPackage

extension ModelDirectory {
  /// Opens the shards that an index names and demands that they hold exactly its tensors, each where
  /// it says.
  ///
  /// - Parameters:
  ///   - index: The index.
  ///   - indexName: Its name, for errors.
  ///   - access: Where libhdf5 walks an HDF5 file.
  /// - Returns: The shards in the order of the bytes of their names.
  /// - Throws: ``CheckpointError``, ``StorageError``, ``ModelError`` for the first tensor of the index
  ///   for which something is wrong.
  func shards(
    of index: ShardIndex, _ indexName: String, _ access: HDF5Access
  ) throws -> [Model.Shard] {
    let indexPath = path.appending(indexName)
    var names: [TensorName: TensorName] = [:]
    var missing: [(shard: String, tensor: TensorName)] = []
    for (tensor, shard) in index.weightMap where names[TensorName(shard)] == nil {
      names[TensorName(shard)] = tensor
      if try identity(of: shard) == nil { missing.append((shard, tensor)) }
    }
    if let first = missing.first {
      throw ModelError.missingShard(
        indexPath, shard: first.shard, first.tensor, others: missing.count - 1)
    }
    let shards = try names.keys.sorted().map { name in
      Model.Shard(name: name.string, checkpoint: try checkpoint(name.string, access))
    }
    try index.check(shards, indexPath)
    return shards
  }
}

extension ShardIndex {
  /// Demands that the shards hold exactly the tensors of the index, each where it says.
  fileprivate func check(_ shards: [Model.Shard], _ path: FilePath) throws(ModelError) {
    let entries = Dictionary(
      weightMap.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var isInPlace = Array(repeating: false, count: weightMap.count)
    var elsewhere: [Int: String] = [:]
    var unnamed: [(tensor: TensorName, shard: String)] = []
    for shard in shards {
      for tensor in shard.checkpoint.tensors {
        if let entry = entries[tensor.name] {
          if weightMap[entry].shard.utf8.elementsEqual(shard.name.utf8) {
            isInPlace[entry] = true
          } else if elsewhere[entry] == nil {
            elsewhere[entry] = shard.name
          }
        } else {
          unnamed.append((tensor.name, shard.name))
        }
      }
    }
    try check(isInPlace, elsewhere, path)
    if let first = unnamed.first {
      throw .unnamedTensor(path, first.tensor, shard: first.shard, others: unnamed.count - 1)
    }
  }

  private func check(
    _ isInPlace: [Bool], _ elsewhere: [Int: String], _ path: FilePath
  ) throws(ModelError) {
    let wrong = weightMap.indices.filter { !isInPlace[$0] || elsewhere[$0] != nil }
    guard let first = wrong.first else { return }
    // Others are those for which the same is wrong.
    let others =
      wrong.count {
        isInPlace[$0] == isInPlace[first]
          && (elsewhere[$0] == nil) == (elsewhere[first] == nil)
      } - 1
    let (tensor, shard) = weightMap[first]
    guard let other = elsewhere[first] else {
      throw .missingTensor(path, tensor, shard: shard, others: others)
    }
    guard isInPlace[first] else {
      throw .misplacedTensor(path, tensor, shard: shard, actual: other, others: others)
    }
    throw .tensorInTwo(path, tensor, shard: shard, second: other, others: others)
  }

  /// A warning where the size in the metadata is not that of the shards' tensors.
  func sizeWarning(_ shards: [Model.Shard]) -> String? {
    guard let totalSize else { return nil }
    let actual = shards.reduce(0) { sum, shard in
      shard.checkpoint.tensors.reduce(sum) { $0 + $1.byteCount }
    }
    guard let claimed = totalSize.integer else {
      return "the index gives a total_size that is not a whole number"
    }
    return claimed == actual
      ? nil : "the index gives a total_size of \(claimed); the tensors have \(actual) bytes"
  }
}
