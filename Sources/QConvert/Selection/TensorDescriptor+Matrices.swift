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

extension MatrixRole {
  /// What a tensor of this name and shape does; nil for what is no weight with two axes.
  init?(_ name: TensorName, _ shape: [Int]) {
    guard shape.count == 2, name.parameter == "weight" else { return nil }
    let components = name.module.split(separator: ".").map(String.init)
    guard let last = components.last else {
      self = .linear
      return
    }
    let parent = components.dropLast().last
    let isTable =
      Self.tables.contains(last) || last.hasSuffix("embedding") || last.hasSuffix("embeddings")
    if Self.heads.contains(last)
      || last == "decoder" && ["predictions", "lm_head"].contains(parent)
    {
      self = .outputHead
    } else if Self.routers.contains(last) {
      self = .router
    } else {
      self = isTable ? .embedding : .linear
    }
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

extension TensorDescriptor {
  /// What the matrix does; nil for what is no weight with two axes.
  var matrixRole: MatrixRole? { MatrixRole(name, shape) }

  /// Why a library that quantizes linear layers only leaves the tensor alone; nil where it does not.
  func reasonToCopy(for library: String, hasTransposedLayers: Bool) -> String? {
    guard dtype != .float64 else { return "\(library) has no weights of float64" }
    guard let role = matrixRole else { return "\(library) quantizes linear layers only" }
    if let reason = role.reasonToCopy { return reason }
    return hasTransposedLayers && isOfTransposedLayer
      ? "a Conv1D, which is no linear layer to \(library)" : nil
  }

  /// Whether a layer of the GPT-2 family owns the weight whose matrix has its inputs first.
  private var isOfTransposedLayer: Bool {
    let layers: Set = ["c_attn", "q_attn", "c_fc", "c_proj"]
    return name.module.split(separator: ".").last.map { layers.contains(String($0)) } ?? false
  }
}

extension JSONValue {
  /// Whether a `config.json` is of a model with such layers.
  var hasTransposedLayers: Bool {
    let models: Set = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer", "clvp"]
    return self["model_type"]?.string.map(models.contains) ?? false
  }
}
