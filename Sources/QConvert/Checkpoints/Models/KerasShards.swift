import SystemPackage

/// A model of Keras in several HDF5 files, open.
struct KerasShards {
  /// The files in the order of the bytes of their names.
  let shards: [Model.Shard]
  /// What all files together hold.
  let merged: HDF5Index
  /// The layers; nil where the files are not from Keras.
  let keras: KerasModel?

  /// Whether a path is that of an index, by its name.
  static func isIndex(_ path: FilePath) -> Bool {
    path.string.lowercased().hasSuffix(KerasShardIndex.suffix)
  }

  /// Opens the files of an index; nil for a file that is not called one.
  ///
  /// - Throws: ``CheckpointError``, ``StorageError``, ``ModelError``.
  init?(given path: FilePath, _ access: HDF5Access) throws {
    guard Self.isIndex(path) else { return nil }
    let index = try KerasShardIndex(InputFile(path))
    let directory = try ModelDirectory(path.parent)
    for (group, names) in index.weightMap {
      for name in names where try directory.identity(of: name) == nil {
        throw ModelError.missingShard(path, shard: name, group, others: 0)
      }
    }
    let files = try index.shards.map { name in
      (name.string, try directory.checkpoint(name.string, access))
    }
    let indices = try files.map { _, file in
      guard let hdf5 = file.hdf5, file.archive == nil else {
        throw CheckpointError(path: file.path, reason: HDF5Error.notHDF5(nil))
      }
      return hdf5
    }
    try index.check(zip(files, indices).map { ($0.0, $1) }, path)
    merged = HDF5Index(merging: indices)
    let keras: KerasModel?
    do throws(KerasError) {
      keras = try KerasModel(index: merged)
    } catch {
      throw CheckpointError(path: path, reason: error)
    }
    self.keras = keras
    shards = try files.map { name, file in
      Model.Shard(name: name, checkpoint: try file.asPart(of: keras))
    }
  }
}

extension KerasShardIndex {
  /// Reads an index from a file.
  init(_ file: InputFile) throws {
    do {
      guard file.byteCount <= ShardIndex.byteLimit else {
        throw ShardIndexError.tooLarge(byteCount: file.byteCount)
      }
      try self.init(parsing: file.bytes(0..<file.byteCount))
    } catch let error as ShardIndexError {
      throw CheckpointError(path: file.path, reason: error)
    }
  }

  /// Demands that every dataset is in one file, which the index names for its group, and that no file is
  /// named in vain.
  fileprivate func check(
    _ shards: [(name: String, index: HDF5Index)], _ path: FilePath
  ) throws(ModelError) {
    struct Place: Hashable {
      let group: TensorName
      let shard: TensorName
    }
    var isUsed: [Place: Bool] = [:]
    for (group, names) in weightMap {
      for name in names { isUsed[Place(group: group, shard: TensorName(name))] = false }
    }
    var holders: [TensorName: String] = [:]
    for (name, index) in shards {
      for dataset in index.datasets {
        if let other = holders.updateValue(name, forKey: dataset.path) {
          throw .tensorInTwo(path, dataset.path, shard: other, second: name, others: 0)
        }
        // A layer that saves itself may have groups of its own within the one that is named.
        var group = dataset.path.parent
        while isUsed[Place(group: group, shard: TensorName(name))] == nil, group != "" {
          group = group.parent
        }
        guard isUsed.updateValue(true, forKey: Place(group: group, shard: TensorName(name))) != nil
        else { throw .unnamedTensor(path, dataset.path, shard: name, others: 0) }
      }
    }
    for (group, names) in weightMap {
      for name in names where isUsed[Place(group: group, shard: TensorName(name))] == false {
        throw .missingTensor(path, group, shard: name, others: 0)
      }
    }
  }
}

extension HDF5Index {
  /// What files hold together; of a group that is in several, all attributes.
  fileprivate init(merging indices: [HDF5Index]) {
    var groups: [TensorName: HDF5Group] = [:]
    for group in indices.flatMap(\.groups) {
      guard let known = groups[group.path] else {
        groups[group.path] = group
        continue
      }
      let names = Set(known.attributes.map { TensorName($0.name) })
      groups[group.path] = HDF5Group(
        path: group.path,
        otherPaths: Array(Set(known.otherPaths + group.otherPaths)).sorted(),
        address: known.address,
        attributes: known.attributes
          + group.attributes.filter { !names.contains(TensorName($0.name)) })
    }
    self.init(
      groups: groups.values.sorted { $0.path < $1.path },
      datasets: indices.flatMap(\.datasets).sorted { $0.path < $1.path },
      warnings: [], userBlock: 0)
  }
}
