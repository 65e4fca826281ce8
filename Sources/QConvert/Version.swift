/// The version of the library and the tool.
public enum Version {
  /// This one.
  public static let current = "0.1.0"
}
