/// What a variable is to its layer.
enum KerasRole: Hashable, Sendable {
  case kernel
  case recurrentKernel
  case depthwiseKernel
  case pointwiseKernel
  case embeddings
  /// The matrix (dimension, vocabulary) of an embedding for the way back.
  case reverseEmbeddings
  case bias
  /// A scale, an offset or a statistic of a normalization.
  case normalization
  /// A variable of the optimizer, such as a momentum.
  case optimizer
  case other
}

extension KerasRole {
  /// The role of the variable of a layer that Keras 3 saved at a place; the layer's kind tells.
  init(index: Int, in kind: KerasLayerKind?) {
    let roles: [KerasRole] =
      switch kind {
      case .dense, .einsum, .convolution, .transposedConvolution: [.kernel, .bias]
      case .depthwiseConvolution: [.depthwiseKernel, .bias]
      case .separableConvolution: [.depthwiseKernel, .pointwiseKernel, .bias]
      case .embedding: [.embeddings]
      case .reversibleEmbedding: [.embeddings, .reverseEmbeddings]
      case .cell: [.kernel, .recurrentKernel, .bias]
      case .normalization, .plain, .container, nil: []
      }
    if case .normalization = kind {
      self = .normalization
    } else {
      self = index < roles.count ? roles[index] : .other
    }
  }

  /// The role of a variable by its name, `kernel:0` in Keras 2 and `kernel` in Keras 3.
  init(name: some StringProtocol, in kind: KerasLayerKind?) {
    let name = name.prefix { $0 != ":" }
    switch name {
    case "kernel":
      if case .depthwiseConvolution = kind { self = .depthwiseKernel } else { self = .kernel }
    case "recurrent_kernel": self = .recurrentKernel
    case "depthwise_kernel": self = .depthwiseKernel
    case "pointwise_kernel": self = .pointwiseKernel
    case "embeddings", "position_embeddings": self = .embeddings
    case "reverse_embeddings": self = .reverseEmbeddings
    case "bias": self = .bias
    case "gamma", "beta", "moving_mean", "moving_variance", "mean", "variance":
      self = .normalization
    default: self = .other
    }
  }

  /// The role in a word or two; nil for one that is not known.
  var word: String? {
    switch self {
    case .kernel: "kernel"
    case .recurrentKernel: "recurrent_kernel"
    case .depthwiseKernel: "depthwise_kernel"
    case .pointwiseKernel: "pointwise_kernel"
    case .embeddings: "embeddings"
    case .reverseEmbeddings: "reverse_embeddings"
    case .bias: "bias"
    case .normalization: "normalization"
    case .optimizer: "optimizer"
    case .other: nil
    }
  }

  /// Whether it is a matrix that is multiplied with what goes through the layer; nil where the class of
  /// the layer has to tell.
  var isWeight: Bool? {
    switch self {
    case .kernel, .recurrentKernel, .depthwiseKernel, .pointwiseKernel, .embeddings,
      .reverseEmbeddings:
      true
    case .bias, .normalization, .optimizer: false
    case .other: nil
    }
  }
}
