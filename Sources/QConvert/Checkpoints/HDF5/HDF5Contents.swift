/// The tensors of an HDF5 file: its datasets of numbers.
struct HDF5Contents {
  let index: HDF5Index
  /// The layers; nil for a file that is not from Keras.
  let model: KerasModel?
  let tensors: [TensorDescriptor]
  /// The datasets that are no tensors.
  let others: [HDF5Dataset]
  /// The texts at the root that belong to tensors: the record of a quantized file.
  let entries: [MetadataEntry]
  let warnings: [String]
  /// What is taken for granted about axes that nothing tells; nil where there are none.
  let assumption: String?

  /// The attribute that tells the type of opaque bytes, as safetensors spells it.
  static let elementTypeName = "element_type"

  /// Finds the tensors of a file.
  ///
  /// - Parameters:
  ///   - index: What the file holds.
  ///   - config: The text of `config.json`, where the file is from an archive of Keras.
  /// - Throws: ``HDF5Error``, or ``KerasError`` for a model of Keras that is not complete.
  init(_ index: HDF5Index, config: [UInt8]? = nil) throws {
    let model = try KerasModel(index: index, config: config)
    try self.init(index, model)
  }

  /// Finds the tensors of a file with layers that are known.
  ///
  /// - Throws: ``HDF5Error``
  init(_ index: HDF5Index, _ model: KerasModel?) throws(HDF5Error) {
    self.index = index
    self.model = model
    var tensors: [TensorDescriptor] = []
    var others: [HDF5Dataset] = []
    var assumedCount = 0
    for dataset in index.datasets {
      guard let shape = dataset.tensorShape, let element = HDF5Element(dataset) else {
        others.append(dataset)
        continue
      }
      let weight = model?.weights[dataset.path] ?? KerasWeight(of: dataset)
      if weight.isWeight, weight.axes?.isAssumed == true { assumedCount += 1 }
      tensors.append(
        TensorDescriptor(
          name: HDF5Name.decode(dataset.path), dtype: element.dtype, shape: shape,
          storage: try dataset.tensorStorage(element),
          layer: LayerParameter(weight, path: dataset.path)))
    }
    self.tensors = tensors
    self.others = others
    warnings = index.warnings + (model?.warnings ?? [])
    assumption =
      assumedCount == 0
      ? nil
      : "\(assumedCount) weights of layers whose class is not known: taken as (..., in, out), channels on the last axis"
    entries = index.groups.first?.attributes.compactMap(MetadataEntry.init) ?? []
  }
}

extension LayerParameter {
  /// What a weight of Keras, or a dataset of another file, is to its layer.
  fileprivate init(_ weight: KerasWeight, path: TensorName) {
    var components = path.components
    if components.first == "model_weights" { components.removeFirst() }
    if weight.isWeight {
      if let layer = weight.layer {
        components = layer.components
        if components.first == "model_weights" { components.removeFirst() }
        components.append("weight")
      } else if components.last != "weight" {
        components.append("weight")
      }
    }
    selectionName = TensorName(components.joined(separator: "."))
    isWeight = weight.isWeight
    isOptimizerState = weight.role == .optimizer
    layer = weight.layer
    className = weight.className
    role = weight.role.word
    channelAxis = weight.axes?.channel
    blockAxis = weight.axes?.block
    keras = weight.parameter
  }
}

extension MetadataEntry {
  /// What this library has written into a file's attributes.
  fileprivate init?(_ attribute: HDF5Attribute) {
    guard Self.ownNames.contains(attribute.name), let text = attribute.text
    else { return nil }
    self.init(name: attribute.name, value: text)
  }
}

/// The type of the elements of a dataset as that of a tensor.
private struct HDF5Element {
  let dtype: DType
  let isBigEndian: Bool

  init?(_ dataset: HDF5Dataset) {
    guard let element = Self(dataset.type, dataset.attributes) else { return nil }
    self = element
  }

  private init?(_ type: HDF5Type, _ attributes: [HDF5Attribute]) {
    switch type {
    case .integer(let integer):
      guard let dtype = Self.dtype(of: integer) else { return nil }
      self.init(dtype: dtype, isBigEndian: integer.order == .big && integer.size > 1)
    case .float(let float):
      guard let dtype = Self.dtype(of: float) else { return nil }
      self.init(dtype: dtype, isBigEndian: float.order == .big && float.size > 1)
    case .enumeration(let integer, let members):
      // As h5py writes booleans.
      guard integer.size == 1, Set(members.map(\.name)) == ["FALSE", "TRUE"] else { return nil }
      self.init(dtype: .bool, isBigEndian: false)
    case .opaque(let size, _)
    where attributes.contains(where: { $0.name == HDF5Contents.elementTypeName }):
      // As this library writes what HDF5 has no type for.
      let name = attributes.first { $0.name == HDF5Contents.elementTypeName }?.text
      guard let dtype = name.flatMap(DType.init(rawValue:)), dtype.bitWidth == 8 * size
      else { return nil }
      self.init(dtype: dtype, isBigEndian: false)
    case .opaque(2, _):
      // As Keras writes bfloat16: little endian.
      let name = attributes.first { $0.name == "dtype" }?.text
      guard name == "bfloat16" else { return nil }
      self.init(dtype: .bfloat16, isBigEndian: false)
    case .array(let inner, _):
      self.init(inner, attributes)
    case .opaque, .string, .variableString, .other: return nil
    }
  }

  private init(dtype: DType, isBigEndian: Bool) {
    self.dtype = dtype
    self.isBigEndian = isBigEndian
  }

  private static func dtype(of integer: HDF5Integer) -> DType? {
    switch (integer.size, integer.isSigned) {
    case (1, true): .int8
    case (1, false): .uint8
    case (2, true): .int16
    case (2, false): .uint16
    case (4, true): .int32
    case (4, false): .uint32
    case (8, true): .int64
    case (8, false): .uint64
    default: nil
    }
  }

  /// The type whose fields are those of the file's.
  private static func dtype(of float: HDF5Float) -> DType? {
    let fields: [(DType, size: Int, exponent: Int, mantissa: Int, bias: Int)] = [
      (.float16, 2, 5, 10, 15), (.bfloat16, 2, 8, 7, 127), (.float32, 4, 8, 23, 127),
      (.float64, 8, 11, 52, 1023), (.float8E5M2, 1, 5, 2, 15), (.float8E4M3, 1, 4, 3, 7),
    ]
    return fields.first { _, size, exponent, mantissa, bias in
      float.size == size && float.precision == 8 * size && float.offset == 0
        && float.exponentSize == exponent && float.mantissaSize == mantissa
        && float.exponentBias == bias && float.mantissaPosition == 0
        && float.exponentPosition == mantissa && float.signPosition == 8 * size - 1
        && float.isNormalized
    }?.0
  }
}

extension HDF5Dataset {
  /// The shape of the tensor: an array in every element adds its axes.
  fileprivate var tensorShape: [Int]? {
    guard let shape else { return nil }
    if case .array(_, let inner) = type { return shape + inner }
    return shape
  }

  fileprivate func tensorStorage(_ element: HDF5Element) throws(HDF5Error) -> TensorStorage {
    let size = element.dtype.bitWidth / 8
    if case .contiguous(let offset, let byteCount) = storage, !element.isBigEndian {
      return .contiguous(offset..<offset + byteCount)
    }
    let plain = try plainStorage
    return .encoded(element.isBigEndian ? .bigEndian(plain, size: size) : plain)
  }

  /// All elements as bytes, where they have a size of their own and are no more than these; nil else.
  func bytes(limit: Int) throws(HDF5Error) -> TensorDescriptor? {
    guard let size = type.byteCount else { return nil }
    let (byteCount, overflow) = try HDF5Index.elementCount(shape, of: path)
      .multipliedReportingOverflow(by: size)
    guard !overflow, byteCount <= limit else { return nil }
    return TensorDescriptor(
      name: HDF5Name.decode(path), dtype: .uint8, shape: [byteCount],
      storage: .encoded(try plainStorage))
  }

  /// Where the elements are, in the bytes of the file's type.
  private var plainStorage: EncodedStorage {
    get throws(HDF5Error) {
      switch storage {
      case .contiguous(let offset, let byteCount): .contiguous(offset..<offset + byteCount)
      case .compact(let bytes): .inline(bytes)
      case .unallocated, .unread, .texts: .constant(fillBytes)
      case .chunked(let blockShape, let chunks): .blocks(try blocks(blockShape, chunks))
      }
    }
  }

  private func blocks(
    _ blockShape: [Int], _ chunks: [HDF5Chunk]
  ) throws(HDF5Error) -> BlockStorage {
    BlockStorage(
      shape: shape ?? [], blockShape: blockShape, elementSize: type.byteCount ?? 1,
      filters: try filters.map { filter throws(HDF5Error) in try filter.blockFilter(path) },
      blocks: Dictionary(
        chunks.map { chunk in
          (
            chunk.index,
            BlockStorage.Block(
              bytes: chunk.offset..<chunk.offset + chunk.byteCount,
              skippedFilters: chunk.filterMask)
          )
        }, uniquingKeysWith: { first, _ in first }), fill: fillBytes)
  }

  private var fillBytes: [UInt8] {
    fill ?? [UInt8](repeating: 0, count: type.byteCount ?? 1)
  }
}

extension HDF5Filter {
  fileprivate func blockFilter(_ dataset: TensorName) throws(HDF5Error) -> BlockFilter {
    switch id {
    case 1: return .deflate
    case 2: return .shuffle(elementSize: parameters.first ?? 1)
    case 3: return .fletcher32
    default: throw .unsupportedFilter(dataset, id: id, name: name)
    }
  }
}

extension HDF5Dataset {
  /// Why it is no tensor, in a few words.
  var words: String { shape == nil ? "empty" : type.words }
}

extension HDF5Type {
  /// The type in a few words.
  fileprivate var words: String {
    switch self {
    case .integer(let type): "integers of \(type.size) bytes"
    case .float(let type):
      "floats of \(type.size) bytes with \(type.exponentSize) and \(type.mantissaSize) bits"
    case .opaque(let size, let tag): "opaque bytes (\(size), \(TensorName(tag)))"
    case .enumeration: "an enumeration"
    case .string, .variableString: "text"
    case .array(let type, _): "arrays of \(type.words)"
    case .other(let kind, _): kind
    }
  }
}
