/// What a matrix does in a language model, as its name tells.
enum MatrixRole: Hashable, Sendable {
  /// A linear layer.
  case linear
  /// A table from which rows are taken.
  case embedding
  /// The linear layer that gives the logits, often the table of the input embeddings.
  case outputHead
  /// The linear layer that chooses among experts, small and sensitive.
  case router
}

extension TensorDescriptor {
  /// What the matrix does; nil for what is no weight with two axes.
  var matrixRole: MatrixRole? {
    guard shape.count == 2, name.parameter == "weight" else { return nil }
    let components = name.module.split(separator: ".")
    guard let last = components.last else { return .linear }
    let parent = components.dropLast().last
    if Self.heads.contains(String(last)) || last == "decoder" && parent == "predictions"
      || last == "decoder" && parent == "lm_head"
    {
      return .outputHead
    }
    if Self.routers.contains(String(last)) { return .router }
    let isTable =
      Self.tables.contains(String(last)) || last.hasSuffix("embedding")
      || last.hasSuffix("embeddings")
    return isTable ? .embedding : .linear
  }

  private static let heads: Set = ["lm_head", "embed_out"]
  private static let routers: Set = ["gate", "router", "shared_expert_gate", "wg"]
  private static let tables: Set = [
    "embed_tokens", "embed_positions", "embed_tokens_per_layer", "tok_embeddings", "wte", "wpe",
    "relative_attention_bias", "embed_in", "shared",
  ]
}

extension MatrixRole {
  /// Why the matrix is not quantized where only linear layers are; nil for one that is.
  var reasonToCopy: String? {
    switch self {
    case .linear: nil
    case .embedding: "an embedding"
    case .outputHead: "the output head"
    case .router: "the router of a mixture of experts"
    }
  }
}
