public import SystemPackage

/// The container of an output.
public enum OutputFormat: String, CaseIterable, Sendable {
  case safetensors
  case hdf5
  /// A file of ggml: one file, in which blocks of quantized values have types of their own.
  case gguf
  /// An HDF5 file in an archive of Keras, with its configuration.
  case keras

  /// The format that the name of a file stands for; nil for another name.
  public init?(extensionOf path: FilePath) {
    switch path.extension?.lowercased() {
    case "safetensors": self = .safetensors
    case "h5", "hdf5": self = .hdf5
    case "gguf": self = .gguf
    case "keras": self = .keras
    default: return nil
    }
  }
}

extension OutputFormat {
  /// The format of an input, by its bytes; nil for one that cannot be read, and for a
  /// directory.
  public init?(of path: FilePath) {
    guard let file = try? InputFile(path) else { return nil }
    if (try? KerasArchive.hasSignature(file)) == true {
      self = .keras
    } else if (try? GGUFHeader.hasSignature(file)) == true {
      self = .gguf
    } else {
      let isHDF5 = KerasShards.isIndex(path) || (try? HDF5Index.hasSignature(file)) == true
      self = isHDF5 ? .hdf5 : .safetensors
    }
  }
}
