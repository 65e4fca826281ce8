public import SystemPackage

/// Why a directory, or an index with its files, is not a model that can be read.
///
/// The first path of every case is the directory or the index; names of files are relative to the
/// directory. `others` counts further errors of the same kind.
public enum ModelError: Error, Hashable, Sendable {
  case noWeights(FilePath, foreign: [String])
  case severalIndexes(FilePath, [String])
  case severalFiles(FilePath, [String])
  case missingShard(FilePath, shard: String, TensorName, others: Int)
  case missingTensor(FilePath, TensorName, shard: String, others: Int)
  case misplacedTensor(FilePath, TensorName, shard: String, actual: String, others: Int)
  case tensorInTwo(FilePath, TensorName, shard: String, second: String, others: Int)
  case unnamedTensor(FilePath, TensorName, shard: String, others: Int)
  case linkOutside(FilePath, link: String, target: FilePath)
  case danglingLink(FilePath, link: String)
  case tooDeep(FilePath, String)
}

extension ModelError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .noWeights(let path, let foreign):
      "\(path): no safetensors file and no index"
        + (foreign.isEmpty ? "" : ", only weights of other formats: \(foreign.listed)")
    case .severalIndexes(let path, let names):
      "\(path): \(names.count) indexes of safetensors files, name one: \(names.listed)"
    case .severalFiles(let path, let names):
      "\(path): \(names.count) safetensors files and no index, name one: \(names.listed)"
    case .missingShard(let path, let shard, let tensor, let others):
      "\(path): \(TensorName(shard)), the file of tensor \(tensor), is missing: "
        + "incomplete download?" + Self.more(others, "file")
    case .missingTensor(let path, let tensor, let shard, let others):
      "\(path): tensor \(tensor) is not in \(TensorName(shard))" + Self.more(others, "tensor")
    case .misplacedTensor(let path, let tensor, let shard, let actual, let others):
      "\(path): tensor \(tensor) is not in \(TensorName(shard)) but in \(TensorName(actual))"
        + Self.more(others, "tensor")
    case .tensorInTwo(let path, let tensor, let shard, let second, let others):
      "\(path): tensor \(tensor) is in \(TensorName(shard)) and in \(TensorName(second))"
        + Self.more(others, "tensor")
    case .unnamedTensor(let path, let tensor, let shard, let others):
      "\(path): tensor \(tensor) of \(TensorName(shard)) is not in the weight_map"
        + Self.more(others, "tensor")
    case .linkOutside(let path, let link, let target):
      "\(path): \(TensorName(link)) is a link out of the model directory, to a file in "
        + "\(TensorName(target.removingLastComponent().string))"
    case .danglingLink(let path, let link):
      "\(path): \(TensorName(link)) is a link to nothing"
    case .tooDeep(let path, let name):
      "\(path): more than \(ModelDirectory.depthLimit) levels of directories at \(TensorName(name))"
    }
  }

  private static func more(_ count: Int, _ noun: String) -> String {
    count == 0 ? "" : " (and \(count) more \(noun)\(count == 1 ? "" : "s"))"
  }
}

extension Array<String> {
  /// The first names, fit for a terminal, and how many follow.
  var listed: String {
    let names = prefix(5).map { "\(TensorName($0))" }.joined(separator: ", ")
    return count > 5 ? "\(names) and \(count - 5) more" : names
  }
}
