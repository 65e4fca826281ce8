/// What an HDF5 output takes over from the HDF5 file that its tensors come from: groups, attributes, the types of
/// datasets whose values stay as they are, chunks, and datasets that are no tensors.
struct HDF5Template {
  /// The bytes that datasets other than tensors may take together; they are held in memory.
  private static let otherByteLimit = 64 << 20
  /// The bytes from which datasets are worth a tree of chunks, and parameters.
  private static let smallestValues = 1 << 12
  private static let smallestParameters = 1 << 16

  private var groups: [HDF5Outline.Group] = []
  private var datasets: [TensorName: HDF5Dataset] = [:]
  private var others: [HDF5Outline.Dataset] = []
  private let compression: HDF5Compression?
  private let withoutOptimizer: Bool

  /// What a file has; nothing where the tensors come from elsewhere.
  ///
  /// - Parameters:
  ///   - index: The file, or the shards of one.
  ///   - checkpoints: Where the datasets are that are no tensors.
  ///   - compression: How datasets are compressed; nil means as they were.
  ///   - withoutOptimizer: Whether the state of an optimizer is left out, with its groups.
  /// - Throws: ``StorageError`` where a dataset that is no tensor cannot be read.
  init(
    _ index: HDF5Index?, of checkpoints: [Checkpoint] = [], compression: HDF5Compression? = nil,
    withoutOptimizer: Bool = false
  ) throws {
    self.compression = compression
    self.withoutOptimizer = withoutOptimizer
    guard let index else { return }
    groups = index.groups.filter { keeps($0.path) }.map { group in
      HDF5Outline.Group(
        path: group.path, otherPaths: group.otherPaths.filter(keeps),
        attributes: group.attributes.filter { !MetadataEntry.ownNames.contains($0.name) })
    }
    datasets = Dictionary(
      index.datasets.map { (HDF5Name.decode($0.path), $0) }, uniquingKeysWith: { first, _ in first }
    )
    var room = Self.otherByteLimit
    for checkpoint in checkpoints {
      for dataset in checkpoint.otherDatasets where keeps(dataset.path) {
        others.append(try other(dataset, in: checkpoint, room: &room))
      }
    }
  }

  /// A dataset that is no tensor, with its values if there is room for them.
  private func other(
    _ dataset: HDF5Dataset, in checkpoint: Checkpoint, room: inout Int
  ) throws -> HDF5Outline.Dataset {
    var value = HDF5Attribute.Value.unread
    var chunking: HDF5Chunking?
    if case .texts(let texts) = dataset.storage {
      value = .texts(texts)
    } else if let tensor = try dataset.bytes(limit: room) {
      room -= tensor.byteCount
      let stored = StoredTensor(file: checkpoint.data, descriptor: tensor)
      value = .bytes(try stored.bytes(0..<tensor.byteCount))
      chunking = HDF5Chunking(
        dataset.shape ?? [], elementSize: dataset.type.byteCount ?? 1, source: dataset.chunking,
        compression, smallest: Self.smallestValues)
    }
    return HDF5Outline.Dataset(
      path: dataset.path, otherPaths: dataset.otherPaths, type: dataset.type, shape: dataset.shape,
      attributes: dataset.attributes, chunking: chunking, value: value)
  }

  /// The outline of a file with these entries before all others, and the texts that go with it as attributes
  /// of the root.
  ///
  /// - Parameters:
  ///   - entries: The entries in order, each with the name of the tensor that it stands for.
  ///   - metadata: Names and texts.
  /// - Returns: The outline.
  func outline(
    _ entries: [(entry: OutputEntry, tensor: TensorName)], metadata: [MetadataEntry]
  ) -> HDF5Outline {
    var groups = groups
    if groups.first?.path != "" { groups.insert(HDF5Outline.Group(path: ""), at: 0) }
    groups[0].attributes += metadata.map { entry in
      HDF5Attribute(
        name: entry.name, type: .variableString(isUTF8: true), shape: [],
        value: .texts([Array(entry.value.utf8)]))
    }
    return HDF5Outline(
      groups: groups,
      datasets: entries.map { entry, tensor in dataset(entry, of: tensor) } + others)
  }

  private func keeps(_ path: TensorName) -> Bool {
    !withoutOptimizer || !KerasWeight.isOptimizerState(path)
  }

  private func dataset(_ entry: OutputEntry, of tensor: TensorName) -> HDF5Outline.Dataset {
    let path = HDF5Name.encode(entry.name)
    let source = entry.content.isOfValues ? datasets[tensor] : nil
    var attributes = source?.attributes.filter { $0.name != HDF5Contents.elementTypeName } ?? []
    let keepsType = entry.content == .original && source?.type.isLittleEndian == true
    var type = keepsType ? source?.type ?? HDF5Type(entry.dtype) : HDF5Type(entry.dtype)
    if entry.dtype == .bfloat16, attributes.contains(where: { $0.isKerasBFloat16 }) {
      // The attribute says what the bytes are.
      type = .opaque(size: 2, tag: "")
    } else if case .opaque = type, !keepsType {
      attributes.append(
        HDF5Attribute(
          name: HDF5Contents.elementTypeName, type: .variableString(isUTF8: true), shape: [],
          value: .texts([Array(entry.dtype.rawValue.utf8)])))
    }
    let shape = keepsType ? source?.shape : entry.shape
    var chunking = source?.chunking
    if let source, !keepsType { chunking = chunking?.over(entry.shape, from: source) }
    return HDF5Outline.Dataset(
      path: path, otherPaths: source?.otherPaths.filter(keeps) ?? [], type: type, shape: shape,
      attributes: attributes,
      chunking: HDF5Chunking(
        shape ?? [], elementSize: type.byteCount ?? 1, source: chunking, compression,
        smallest: entry.content.isOfValues ? Self.smallestValues : Self.smallestParameters))
  }
}

extension HDF5Attribute {
  fileprivate var isKerasBFloat16: Bool { name == "dtype" && text == "bfloat16" }
}

extension OutputEntry.Content {
  /// Whether it holds the values of the tensor in some form.
  fileprivate var isOfValues: Bool {
    switch self {
    case .original, .cast, .quantized, .blocks, .dequantized: true
    case .scale, .zeroPoint, .minval, .globalScale, .constant: false
    }
  }
}

extension HDF5Type {
  /// The type for elements of a tensor, little endian. What HDF5 has no type for are opaque bytes.
  init(_ dtype: DType) {
    func float(_ size: Int, exponent: Int, mantissa: Int, bias: Int) -> HDF5Type {
      .float(
        HDF5Float(
          size: size, order: .little, precision: 8 * size, offset: 0, signPosition: 8 * size - 1,
          exponentPosition: mantissa, exponentSize: exponent, exponentBias: bias,
          mantissaPosition: 0, mantissaSize: mantissa, isNormalized: true))
    }
    func integer(_ size: Int, _ isSigned: Bool) -> HDF5Type {
      .integer(HDF5Integer(size: size, isSigned: isSigned, order: .little))
    }
    self =
      switch dtype {
      case .bool:
        .enumeration(
          HDF5Integer(size: 1, isSigned: true, order: .little),
          members: [HDF5Member(name: "FALSE", value: 0), HDF5Member(name: "TRUE", value: 1)])
      case .int8: integer(1, true)
      case .uint8: integer(1, false)
      case .int16: integer(2, true)
      case .uint16: integer(2, false)
      case .int32: integer(4, true)
      case .uint32: integer(4, false)
      case .int64: integer(8, true)
      case .uint64: integer(8, false)
      case .float16: float(2, exponent: 5, mantissa: 10, bias: 15)
      case .bfloat16: float(2, exponent: 8, mantissa: 7, bias: 127)
      case .float32: float(4, exponent: 8, mantissa: 23, bias: 127)
      case .float64: float(8, exponent: 11, mantissa: 52, bias: 1023)
      case .float8E5M2: float(1, exponent: 5, mantissa: 2, bias: 15)
      // To HDF5 a float whose exponent is all ones is infinite or none; here it is a number.
      case .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ, .complex64, .float4E2M1,
        .float6E2M3,
        .float6E3M2:
        .opaque(size: max(dtype.bitWidth / 8, 1), tag: "")
      }
  }

  /// Whether the bytes in the file are those in memory.
  fileprivate var isLittleEndian: Bool {
    switch self {
    case .integer(let type): type.order == .little || type.size == 1
    case .float(let type): type.order == .little || type.size == 1
    case .array(let type, _): type.isLittleEndian
    case .opaque, .enumeration, .string, .variableString, .other: true
    }
  }
}
