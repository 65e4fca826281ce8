/// A kind of file that is often taken for a safetensors file.
public enum ForeignFormat: Error, CaseIterable, Hashable, Sendable {
  case gitLFSPointer, html, zip, gzip, pickle, gguf, hdf5, numpy, json

  /// The kind of a file, by its first bytes; nil when none of these.
  public init?(start: [UInt8]) {
    let found = Self.allCases.first { format in
      format.signatures.contains { start.starts(with: $0) }
    }
    guard let found else { return nil }
    self = found
  }

  private var signatures: [[UInt8]] {
    switch self {
    case .gitLFSPointer: [Array("version https://git-lfs".utf8)]
    case .html: ["<!DOCTYPE", "<!doctype", "<html", "<HTML"].map { Array($0.utf8) }
    case .zip: [[0x50, 0x4b, 3, 4]]
    case .gzip: [[0x1f, 0x8b]]
    case .pickle: (2...5).map { [0x80, $0] }
    case .gguf: [Array("GGUF".utf8)]
    case .hdf5: [[0x89] + Array("HDF\r\n".utf8)]
    case .numpy: [[0x93] + Array("NUMPY".utf8)]
    case .json: [Array("{".utf8), Array("[".utf8)]
    }
  }
}

extension ForeignFormat: CustomStringConvertible {
  /// What the file is, and what to do about it.
  public var description: String { description(insteadOf: "a safetensors file") }

  /// What the file is where something else was looked for, and what to do about it.
  func description(insteadOf wanted: String) -> String {
    switch self {
    case .gitLFSPointer:
      "a Git LFS pointer, not the file it stands for: fetch it with `git lfs pull`"
    case .html: "an HTML page, not \(wanted): the download went wrong"
    case .zip: "a zip archive (PyTorch .pt?), not \(wanted)"
    case .gzip: "gzip-compressed: decompress it first"
    case .pickle: "a Python pickle, not \(wanted); pickles are never opened"
    case .gguf: "a GGUF file, not \(wanted)"
    case .hdf5: "an HDF5 file, not \(wanted)"
    case .numpy: "a NumPy file, not \(wanted)"
    case .json: "JSON text, not \(wanted): an index names the files to convert"
    }
  }
}
