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

/// Bytes of an output that are known before any tensor is read.
struct FileSegment: Hashable, Sendable {
  let offset: Int
  let bytes: [UInt8]
}
