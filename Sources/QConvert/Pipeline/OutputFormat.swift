public import SystemPackage

/// The container of an output.
public enum OutputFormat: String, CaseIterable, Sendable {
  case safetensors
  case hdf5

  /// The format that the name of a file stands for; nil for another name.
  public init?(extensionOf path: FilePath) {
    switch path.extension?.lowercased() {
    case "safetensors": self = .safetensors
    case "h5", "hdf5": self = .hdf5
    default: return nil
    }
  }
}

extension OutputFormat {
  /// The format of a file, by its bytes; nil for one that cannot be read, and for a directory.
  public init?(of path: FilePath) {
    guard let file = try? InputFile(path) else { return nil }
    self = (try? HDF5Index.hasSignature(file)) == true ? .hdf5 : .safetensors
  }
}
