import CHDF5

extension HDF5Outline.Dataset {
  /// Demands values that can be written.
  func checkWritable() throws(HDF5Unwritable) {
    try value?.checkTexts()
    switch (type, value) {
    case (.variableString, nil): throw HDF5Unwritable(reason: "texts of any length")
    case (.variableString, .unread): throw HDF5Unwritable(reason: "its texts were not read")
    case (.other, _), (_, nil), (_, .bytes), (_, .texts): break
    case (_, .unread): throw HDF5Unwritable(reason: "no tensor, and too large to be kept")
    }
  }
}

extension HDF5Handle {
  /// Makes the properties that say how a dataset is stored.
  static func storing(_ dataset: HDF5Outline.Dataset) throws(HDF5OutputError) -> HDF5Handle {
    let properties = try HDF5Handle(qc_h5_make_storage(), at: dataset.path)
    let succeeded =
      if let chunking = dataset.chunking {
        properties.set(chunking)
      } else {
        dataset.value != nil || qc_h5_reserve(properties.id)
      }
    guard succeeded else { throw .refused(at: dataset.path) }
    return properties
  }

  private func set(_ chunking: HDF5Chunking) -> Bool {
    let extents = chunking.shape.map { UInt64(clamping: $0) }
    guard unsafe qc_h5_set_chunk(id, Int32(clamping: extents.count), extents) else { return false }
    return chunking.steps.allSatisfy { step in
      switch step {
      case .shuffle: qc_h5_add_shuffle(id)
      case .deflate(let level): qc_h5_add_deflate(id, UInt32(clamping: level))
      case .fletcher32: qc_h5_add_fletcher32(id)
      }
    }
  }
}
