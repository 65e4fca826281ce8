/// Which rule a `*.safetensors.index.json` breaks.
public enum ShardIndexError: Error, Hashable, Sendable {
  case tooLarge(byteCount: Int)
  case foreign(ForeignFormat)
  case text(JSONError)
  case notAnObject
  case metadataNotAnObject
  case noWeightMap
  case weightMapNotAnObject
  case emptyWeightMap
  case shardNotText(TensorName)
  case tensorTwice(TensorName)
  case shardName(TensorName, TensorName, ShardNameFlaw)
}

extension ShardIndexError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "\(byteCount) bytes are too many for an index; at most \(ShardIndex.byteLimit) are read"
    case .foreign(let format): format.description(insteadOf: "an index")
    case .text(let error): "\(error)"
    case .notAnObject: "the index is not a JSON object"
    case .metadataNotAnObject: "the metadata of the index is not a JSON object"
    case .noWeightMap: "no weight_map, so no index of safetensors files"
    case .weightMapNotAnObject: "the weight_map is not a JSON object"
    case .emptyWeightMap: "the weight_map names no tensor"
    case .shardNotText(let tensor): "tensor \(tensor): the name of its file is not a string"
    case .tensorTwice(let tensor): "tensor \(tensor) stands twice in the weight_map"
    case .shardName(let tensor, let shard, let flaw):
      "tensor \(tensor): the name of its file, \"\(shard)\", \(flaw)"
    }
  }
}

/// Why the name of a file in an index is refused.
public enum ShardNameFlaw: Hashable, Sendable {
  case empty, controlCharacter, url, backslash, absolute, dots, emptyComponent

  /// What is wrong with a name; nil for a relative path that stays in its directory.
  init?(in name: String) {
    let components = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if name.isEmpty {
      self = .empty
    } else if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      self = .controlCharacter
    } else if name.utf8.contains(UInt8(ascii: "\\")) {
      self = .backslash
    } else if Self.isURL(name) {
      self = .url
    } else if components.first?.isEmpty == true {
      self = .absolute
    } else if components.contains(where: {
      $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
    }) {
      self = .dots
    } else if components.contains(where: \.isEmpty) {
      self = .emptyComponent
    } else {
      return nil
    }
  }

  /// Whether a name begins with `scheme://`.
  private static func isURL(_ name: String) -> Bool {
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    return name.utf8[colon...].starts(with: "://".utf8)
  }
}

extension ShardNameFlaw: CustomStringConvertible {
  /// What is wrong, as the end of a sentence.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .controlCharacter: "has a control character"
    case .url: "is a URL; nothing is fetched"
    case .backslash: "has a backslash"
    case .absolute: "is an absolute path; files lie in the directory of the index"
    case .dots: "has . or .. in its path; files lie in the directory of the index"
    case .emptyComponent: "has nothing between two slashes or after the last"
    }
  }
}
