/// Finds the layers of a model in an HDF5 file.
struct KerasModelReader {
  let index: HDF5Index
  /// The model in the configuration, where there is one.
  let config: KerasLayerConfig?
  var layers: [KerasLayer] = []
  var weights: [TensorName: KerasWeight] = [:]
  /// Groups and datasets by all their paths.
  private var groups: [TensorName: Int] = [:]
  private var datasets: [TensorName: Int] = [:]

  init(_ index: HDF5Index, _ config: KerasLayerConfig?) {
    self.index = index
    self.config = config
    for (ordinal, group) in index.groups.enumerated() {
      for path in [group.path] + group.otherPaths { groups[path] = ordinal }
    }
    for (ordinal, dataset) in index.datasets.enumerated() {
      for path in [dataset.path] + dataset.otherPaths { datasets[path] = ordinal }
    }
  }

  /// The group at a path; groups on the way may have several paths.
  func group(_ path: TensorName) -> HDF5Group? {
    groups[resolved(path)].map { index.groups[$0] }
  }

  func dataset(_ path: TensorName) -> HDF5Dataset? {
    datasets[resolved(path)].map { index.datasets[$0] }
  }

  /// The path by which the index lists what is at a path.
  private func resolved(_ path: TensorName) -> TensorName {
    if groups[path] != nil || datasets[path] != nil { return path }
    var resolved: TensorName = ""
    for component in path.components {
      resolved = resolved.appending(component)
      if let ordinal = groups[resolved] { resolved = index.groups[ordinal].path }
    }
    return resolved
  }
}
