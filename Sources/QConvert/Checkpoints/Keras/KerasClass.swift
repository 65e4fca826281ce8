/// The class of a layer and how it is known.
public struct KerasClass: Hashable, Sendable {
  /// How a class is known.
  public enum Source: String, Sendable {
    /// The configuration says so.
    case configuration
    /// The path in a file of Keras 3 says so.
    case path
    /// The name of the layer is one that Keras gives to layers of this class.
    case name
  }

  /// The name of the class: `Dense`.
  public let name: String
  /// What its variables are; nil for a class that Keras does not have.
  let kind: KerasLayerKind?
  /// How it is known.
  public let source: Source
}

extension KerasClass {
  /// The class of a layer in a configuration.
  init(_ config: KerasLayerConfig) {
    self.init(name: config.className, kind: config.kind, source: .configuration)
  }

  /// The class of Keras that a name stands for; nil for other names.
  init?(named name: some StringProtocol, source: Source) {
    guard let className = KerasLayerKind.className(of: name) else { return nil }
    self.init(name: className, kind: KerasLayerKind(className: className), source: source)
  }

  /// Whether it is one with projections within it.
  var isAttention: Bool { ["MultiHeadAttention", "GroupedQueryAttention"].contains(name) }

  /// The class of a part of a layer, in a property or under a name that is the same in every layer of the
  /// class; nil for other parts.
  ///
  /// The projections of an attention are EinsumDense layers, a recurrent layer has a cell.
  func part(_ name: some StringProtocol) -> KerasClass? {
    // Keras 2 has them in private properties.
    switch name.drop(while: { $0 == "_" }) {
    case "query_dense", "key_dense", "value_dense", "query", "key", "value":
      return isAttention ? projection(KerasEquation.toHeads) : nil
    case "output_dense", "attention_output":
      return isAttention ? projection(KerasEquation.fromHeads) : nil
    case "cell":
      guard case .cell = kind else { return nil }
      let name = self.name.hasPrefix("ConvLSTM") ? "ConvLSTM" : self.name
      return KerasClass(name: "\(name)Cell", kind: kind, source: source)
    default: return nil
    }
  }

  private func projection(_ equation: String) -> KerasClass {
    KerasClass(name: "EinsumDense", kind: .einsum(equation), source: source)
  }
}
