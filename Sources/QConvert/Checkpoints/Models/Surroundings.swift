import SystemPackage

/// What a model directory holds besides the model's checkpoint files, in the order of the bytes of the
/// paths; directories within are looked into.
struct Surroundings: Sendable {
  /// What goes with the model.
  private(set) var companions: [CompanionFile] = []
  /// Weights of other formats and training states, and safetensors files beside the model's.
  private(set) var leftOut: [String] = []
  private(set) var warnings: [String] = []

  private var entryCount = 0

  /// Looks at every file but the model's own.
  ///
  /// - Throws: ``StorageError``, ``DirectoryError``; ``ModelError`` for links that lead out of the
  ///   directory or to nothing, and for trees too deep.
  init(of directory: ModelDirectory, without own: Set<TensorName>) throws {
    try add("", of: directory, own, depth: 1)
    companions.sort { TensorName($0.name) < TensorName($1.name) }
    leftOut.sort { TensorName($0) < TensorName($1) }
    let strays = leftOut.filter { $0.hasSuffix(".safetensors") }
    if !strays.isEmpty {
      warnings.append("not part of the model, neither converted nor copied: \(strays.listed)")
    }
  }

  private mutating func add(
    _ parent: String, of directory: ModelDirectory, _ own: Set<TensorName>, depth: Int
  ) throws {
    guard depth <= ModelDirectory.depthLimit else {
      throw ModelError.tooDeep(directory.path, parent)
    }
    let listing = try DirectoryListing(
      parent.isEmpty ? directory.path : directory.path.appending(parent),
      limit: ModelDirectory.entryLimit - entryCount)
    entryCount += listing.entries.count
    for entry in listing.entries {
      let name = parent.isEmpty ? entry.name : "\(parent)/\(entry.name)"
      guard !own.contains(TensorName(name)) else { continue }
      let isDirectory = entry.identity.isDirectory
      switch isDirectory ? FileRole(directory: entry.name) : FileRole(file: entry.name) {
      case .debris: continue
      case .weights:
        // A part of a larger whole, such as a dense layer after the model, is none of ours to drop.
        if parent.isEmpty || !entry.name.hasSuffix(".safetensors") {
          leftOut.append(name)
        } else {
          try addCompanion(name, entry, directory)
          warnings.append("\(TensorName(name)) is no part of the model and copied as it is")
        }
      case .companion where isDirectory: try add(name, of: directory, own, depth: depth + 1)
      case .companion: try addCompanion(name, entry, directory)
      }
    }
  }

  private mutating func addCompanion(
    _ name: String, _ entry: DirectoryListing.Entry, _ directory: ModelDirectory
  ) throws {
    // What is gone by now was never there.
    let found = entry.identity.isLink ? try directory.identity(of: name) : entry.identity
    guard let identity = found else { return }
    if identity.isRegularFile {
      companions.append(CompanionFile(name: name, identity: identity))
    } else if identity.isDirectory {
      warnings.append("\(TensorName(name)) is a link to a directory and left out")
    } else {
      warnings.append("\(TensorName(name)) is not a regular file and left out")
    }
  }
}
