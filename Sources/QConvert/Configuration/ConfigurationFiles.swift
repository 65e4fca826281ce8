public import SystemPackage

extension QuantizerConfig {
  /// The configuration in a YAML file.
  ///
  /// - Throws: ``StorageError``; ``ConfigurationFileError`` with what is wrong in the file.
  public init(contentsOf path: FilePath) throws {
    let bytes = try InputFile(path).configurationBytes
    do {
      guard let yaml = String(validating: bytes, as: UTF8.self) else {
        throw ConfigurationError.yaml("the text is not UTF-8", line: 1)
      }
      try self.init(yaml: yaml)
    } catch let error as ConfigurationError {
      throw ConfigurationFileError(path: path, reason: error)
    }
  }
}

extension ModuleTypes {
  /// The types in a JSON file.
  ///
  /// - Throws: ``StorageError``; ``ConfigurationFileError`` with what is wrong in the file.
  public init(contentsOf path: FilePath) throws {
    let bytes = try InputFile(path).configurationBytes
    do {
      try self.init(json: bytes)
    } catch {
      throw ConfigurationFileError(path: path, reason: error)
    }
  }
}

extension InputFile {
  /// All of the file, if it is no longer than anything that people write.
  fileprivate var configurationBytes: [UInt8] {
    get throws {
      let limit = 64 << 20
      guard byteCount <= limit else {
        throw ConfigurationFileError(path: path, reason: OversizeError(byteCount: byteCount))
      }
      return try bytes(0..<byteCount)
    }
  }
}

/// A file that is too large to be what it was named for.
private struct OversizeError: Error, CustomStringConvertible {
  let byteCount: Int
  var description: String { "\(byteCount) bytes are too many for a configuration" }
}

/// What is wrong with a file that says how to convert.
public struct ConfigurationFileError: Error, Sendable {
  /// The file.
  public let path: FilePath
  /// A ``ConfigurationError`` or ``ModuleTypesError``.
  public let reason: any Error
}

extension ConfigurationFileError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String { "\(path): \(reason)" }
}
