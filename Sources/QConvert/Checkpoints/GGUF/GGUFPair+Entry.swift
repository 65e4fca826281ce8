extension GGUFPair {
  /// The keys that speak of a file and not of the model in it.
  static let keysOfFile: Set<TensorName> = [
    fileTypeKey, quantizationVersionKey, TensorName(GGUFHeader.alignmentKey),
  ]
  static let fileTypeKey: TensorName = "general.file_type"
  static let quantizationVersionKey: TensorName = "general.quantization_version"

  /// Whether it speaks of the file and not of the model in it.
  var isOfFile: Bool { Self.keysOfFile.contains(key) }

  /// The pair as a name and a text, as other formats have them; nil where those cannot hold the value.
  var entry: MetadataEntry? {
    guard !isOfFile, value.range == nil, value.type != .array else { return nil }
    guard value.type == .string else {
      return MetadataEntry(name: key.string, value: "\(value)")
    }
    return value.text.map { MetadataEntry(name: key.string, value: $0) }
  }
}
