/// What a `.keras` output takes over from the archive that its tensors come from, and its configuration.
struct ArchiveTemplate {
  let source: KerasArchive
  let config: [UInt8]

  /// The archive for tensors that are quantized so.
  ///
  /// - Throws: ``PlanError`` where the input is no archive, or the layout is none for it; ``ArchiveError``;
  ///   ``LayoutError``.
  init(
    of model: Model, _ quantized: [TensorName: QuantizationSpec], _ layout: any OutputLayout
  ) throws {
    guard let source = model.shards.first?.checkpoint.archive else {
      throw PlanError.archiveNeedsArchive
    }
    try source.checkAssets()
    self.source = source
    // A copy needs no other configuration.
    if quantized.isEmpty {
      config = source.config
      return
    }
    guard let layout = layout as? any KerasConfiguring else {
      throw PlanError.archiveNeedsLayout(layout: layout.name)
    }
    config = try layout.kerasConfig(source.config, quantized: quantized)
  }

  /// The archive around a file of weights of this size, and where that goes.
  func outline(weightsByteCount: Int) -> (outline: ArchiveOutline, PlannedArchive) {
    let texts = [(KerasArchive.metadataName, source.metadata), (KerasArchive.configName, config)]
      .compactMap { name, text in text.map { (name: name, text: $0) } }
    let outline = ArchiveOutline(
      texts.map { name, text in
        .init(
          name: name.string, byteCount: text.count, checksum: Checksum(of: text).value)
      } + [
        .init(
          name: KerasArchive.weightsName.string, byteCount: weightsByteCount, checksum: nil)
      ]
        + source.assets.map { asset in
          .init(
            name: asset.name.string, byteCount: Int(clamping: asset.byteCount),
            checksum: asset.checksum)
        })
    let assets = zip(source.assets, outline.places.dropFirst(texts.count + 1))
    let archive = PlannedArchive(
      source: source, weights: outline.places[texts.count],
      checksumOffsets: outline.checksumOffsets[texts.count],
      texts: zip(texts, outline.places).map { text, place in
        FileSegment(offset: place.lowerBound, bytes: text.text)
      }, assets: assets.map { ($0, $1.lowerBound) })
    return (outline, archive)
  }
}

/// A file to be written that is an archive.
struct PlannedArchive: Sendable {
  /// Where assets come from.
  let source: KerasArchive
  /// Where the file of weights is.
  let weights: Range<Int>
  /// Where its checksum goes.
  let checksumOffsets: [Int]
  /// Entries that are texts.
  let texts: [FileSegment]
  /// The assets with their offsets.
  let assets: [(entry: ArchiveEntry, offset: Int)]

  /// Writes the assets.
  func writeAssets(to file: OutputFile) throws {
    for (entry, start) in assets {
      var offset = start
      do {
        unsafe try source.read(entry) { bytes in
          unsafe try file.write(bytes, at: offset)
          offset += bytes.count
        }
      } catch let error as ArchiveError {
        try source.file.checkUnchanged()
        throw error
      }
    }
  }

  /// Writes the checksum of the weights once they are complete.
  func seal(_ file: OutputFile) throws {
    let checksum = try file.checksum(of: weights)
    try file.write(checksumOffsets.map { FileSegment(offset: $0, bytes: checksum.bytes) })
  }
}
