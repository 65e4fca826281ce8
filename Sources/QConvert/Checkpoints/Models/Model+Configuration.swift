extension Model {
  /// The name of the file that tells of a model's architecture.
  static let configurationName = "config.json"

  /// The text of `config.json`; nil where there is none that is understood.
  var configurationText: [UInt8]? {
    get throws {
      guard let directory, configuration != nil else { return nil }
      let file = try InputFile(directory.appending(Self.configurationName))
      return try file.bytes(0..<file.byteCount)
    }
  }

  /// Whether the configuration says that the output layer is the embedding.
  public var tieWordEmbeddings: Bool {
    let name = "tie_word_embeddings"
    return (configuration?[name] ?? configuration?["text_config"]?[name])?.bool ?? false
  }

  /// The method by which the configuration says the weights are quantized; nil where it says nothing.
  public var quantizationMethod: String? {
    configuration?["quantization_config"]?["quant_method"]?.string
  }
}

extension ModelDirectory {
  /// The largest `config.json` that is read; real ones have a few kilobytes.
  private static let configurationLimit = 16 << 20

  /// What `config.json` says; nil where there is none, or with a warning none that is understood.
  func configuration(
    _ companions: [CompanionFile], _ warnings: inout [String]
  ) throws -> JSONValue? {
    let name = Model.configurationName
    guard companions.contains(where: { $0.name == name }) else { return nil }
    let file = try open(name)
    guard file.byteCount <= Self.configurationLimit else {
      warnings.append("\(name) is not read: \(file.byteCount) bytes are too many")
      return nil
    }
    do {
      return try JSONValue(parsing: file.bytes(0..<file.byteCount))
    } catch let error as JSONError {
      warnings.append("\(name) is not understood: \(error)")
      return nil
    }
  }
}
