/// A file that goes with a model and holds no weights: a configuration, a tokenizer, a text.
public struct CompanionFile: Sendable {
  /// Its path relative to the model's directory.
  public let name: String
  /// Its size.
  public var byteCount: Int { identity.byteCount }
  /// The file itself, where the name is that of a link.
  let identity: FileIdentity
}
