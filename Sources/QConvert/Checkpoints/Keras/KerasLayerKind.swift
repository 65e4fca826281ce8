/// What the variables of a layer are, by its class.
enum KerasLayerKind: Hashable, Sendable {
  /// A kernel (in, out).
  case dense
  /// A kernel with axes as the equation says; nil where the equation is not known.
  case einsum(String?)
  /// A kernel (…, in, out).
  case convolution(rank: Int)
  /// A kernel (…, out, in).
  case transposedConvolution(rank: Int)
  /// A kernel (…, in, multiplier).
  case depthwiseConvolution(rank: Int)
  /// A depthwise kernel and a pointwise one.
  case separableConvolution(rank: Int)
  /// Rows (vocabulary, dimension).
  case embedding
  /// An embedding that may have a matrix (dimension, vocabulary) for the way back.
  case reversibleEmbedding
  /// A recurrent cell: kernels (…, in, units) with the units of all gates side by side.
  case cell(rank: Int)
  /// Scales, offsets and statistics.
  case normalization
  /// No weights of its own.
  case plain
  /// Layers of layers, with whatever variables a model adds.
  case container
}

extension KerasLayerKind {
  /// The kind of a class of Keras; nil for any other class.
  init?(className: String) {
    guard let kind = Self.kinds[className] else { return nil }
    self = kind
  }

  /// The equation of an `EinsumDense`, where it is known.
  var equation: String? { if case .einsum(let equation) = self { equation } else { nil } }

  /// The name of the class of Keras that a name stands for which Keras gave, such as `conv2d_1`.
  static func className(of name: some StringProtocol) -> String? {
    if let className = classNames[String(name)] { return className }
    guard let underscore = name.lastIndex(of: "_") else { return nil }
    let number = name[name.index(after: underscore)...]
    guard !number.isEmpty, number.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { return nil }
    return classNames[String(name[..<underscore])]
  }

  /// A class name as Keras writes it in paths and in the names it gives: `Conv2DTranspose` becomes
  /// `conv2d_transpose`, `PReLU` becomes `p_re_lu`.
  static func snakeCase(_ className: String) -> String {
    let letters = className.unicodeScalars.filter {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_"
    }
    var name = String.UnicodeScalarView()
    for (offset, letter) in letters.enumerated() {
      let next = letters.dropFirst(offset + 1).first
      let previous = offset > 0 ? letters.dropFirst(offset - 1).first : nil
      if offset > 0, letter.isUpper, previous?.isLower == true || next?.isLower == true {
        name.append("_")
      }
      name.append(contentsOf: letter.properties.lowercaseMapping.unicodeScalars)
    }
    return String(name)
  }

  private static let classNames = Dictionary(
    kinds.keys.map { (snakeCase($0), $0) }, uniquingKeysWith: { min($0, $1) })

  private static let kinds: [String: KerasLayerKind] = {
    var kinds: [String: KerasLayerKind] = [
      "Dense": .dense, "EinsumDense": .einsum(nil),
      "Embedding": .embedding, "PositionEmbedding": .embedding,
      "ReversibleEmbedding": .reversibleEmbedding,
    ]
    for spatial in 1...3 {
      let rank = spatial + 2
      kinds["Conv\(spatial)D"] = .convolution(rank: rank)
      kinds["Conv\(spatial)DTranspose"] = .transposedConvolution(rank: rank)
      kinds["DepthwiseConv\(spatial)D"] = .depthwiseConvolution(rank: rank)
      kinds["SeparableConv\(spatial)D"] = .separableConvolution(rank: rank)
      kinds["ConvLSTM\(spatial)D"] = .cell(rank: rank)
    }
    for name in ["LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"] {
      kinds[name] = .cell(rank: 2)
      kinds["\(name)Cell"] = .cell(rank: 2)
    }
    for name in normalizationNames { kinds[name] = .normalization }
    for name in containerNames { kinds[name] = .container }
    for name in plainNames.split(whereSeparator: \.isWhitespace) { kinds[String(name)] = .plain }
    return kinds
  }()

  private static let normalizationNames = [
    "BatchNormalization", "SyncBatchNormalization", "LayerNormalization", "GroupNormalization",
    "RMSNormalization", "UnitNormalization", "Normalization",
  ]
  private static let containerNames = ["Functional", "Sequential", "Model"]
  private static let plainNames = """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
    AdditiveAttention AlphaDropout Attention Average AveragePooling1D AveragePooling2D
    AveragePooling3D Bidirectional CategoryEncoding CenterCrop Concatenate Cropping1D Cropping2D
    Cropping3D Discretization Dot Dropout ELU Flatten GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D GroupedQueryAttention HashedCrossing Hashing Identity
    InputLayer IntegerLookup Lambda LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D
    Maximum MelSpectrogram Minimum MultiHeadAttention Multiply PReLU Permute RNN ReLU RepeatVector
    Rescaling Reshape Resizing SeedGenerator Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D SpectralNormalization StackedRNNCells StringLookup Subtract STFTSpectrogram
    TextVectorization ThresholdedReLU TimeDistributed UpSampling1D UpSampling2D UpSampling3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """
}

extension Unicode.Scalar {
  fileprivate var isUpper: Bool { "A"..."Z" ~= self }
  fileprivate var isLower: Bool { "a"..."z" ~= self }
}
