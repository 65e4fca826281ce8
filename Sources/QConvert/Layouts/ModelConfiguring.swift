/// A layout whose consumers read in `config.json` how weights are quantized.
protocol ModelConfiguring: OutputLayout {
  /// The metadata that its consumers look for in every file; it takes the place of what the input has under
  /// the same names.
  func metadata(of model: LayoutModel) -> [MetadataEntry]

  /// Whether an entry of the metadata tells of quantized tensors, and has no meaning for floats.
  func isOwn(_ entry: MetadataEntry) -> Bool

  /// The members of `config.json` that are the layout's.
  var configurationNames: [String] { get }

  /// The text that each of these members has as its value.
  ///
  /// - Throws: ``LayoutError`` for what the consumers cannot be told.
  func configuration(of model: LayoutModel) throws(LayoutError) -> String

  /// What a user should know of the consumers of such a model.
  func warnings(of model: LayoutModel) -> [String]

  /// The layout for a model with this `config.json`, which may tell what tensors are.
  func adapted(to configuration: JSONValue) -> any OutputLayout
}

extension ModelConfiguring {
  /// None does.
  func isOwn(_ entry: MetadataEntry) -> Bool { false }
  /// Nothing.
  func warnings(of model: LayoutModel) -> [String] { [] }
  /// The same for all models.
  func adapted(to configuration: JSONValue) -> any OutputLayout { self }
}
