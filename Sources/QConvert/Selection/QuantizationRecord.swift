/// What a quantized file says of itself in its metadata, under the name `qconvert`: which tensors are
/// quantized, how, and from what. Verifying and dequantizing need nothing else.
///
///     {"format_version": 1, "layout": "native", "packed": false,
///      "specs": [{"dtype": "int8", "qscheme": "symmetric", ...}],
///      "tensors": {"a.weight": {"dtype": "BF16", "shape": [4096, 4096], "spec": 0}}}
///
/// A spec has the keys of coreai-opt's `QuantizationSpec`. Where a layout sees a tensor in another shape,
/// `view` is that shape; where its entries do not follow from the rest, `entries` lists them. Floats that the layout
/// stores in another type have theirs in `casts`: `{"a.bias": "BF16"}`.
public struct QuantizationRecord: Sendable {
  /// The name of the metadata entry.
  public static let metadataName = "qconvert"
  static let formatVersion = 1

  /// The name of the layout.
  public let layout: String
  /// Whether the layout packs sub-byte values where that is optional.
  public let isPacked: Bool
  /// The quantized tensors in the order of the float checkpoint.
  public let tensors: [Tensor]
  /// The float tensors that have another type than in the float checkpoint, in its order.
  public var casts: [Cast] = []
  /// Whether the files hold the record; without one it is what they look like.
  public var isRecorded = true

  /// A float tensor that is stored in another type.
  public struct Cast: Sendable {
    /// The name in the float checkpoint.
    public let name: TensorName
    /// The precision in the float checkpoint.
    public let precision: FloatPrecision
  }

  /// A quantized tensor.
  public struct Tensor: Sendable {
    /// The name in the float checkpoint.
    public let name: TensorName
    /// The precision in the float checkpoint.
    public let precision: FloatPrecision
    /// The shape in the float checkpoint.
    public let shape: [Int]
    /// The shape in which the layout sees the elements.
    public let view: [Int]
    /// How it was quantized.
    public let spec: QuantizationSpec
    /// What stands for it, where that does not follow from the rest; constants are without their bytes.
    let entries: [OutputEntry]?

    /// A quantized tensor.
    init(
      name: TensorName, precision: FloatPrecision, shape: [Int], view: [Int]? = nil,
      spec: QuantizationSpec, entries: [OutputEntry]? = nil
    ) {
      self.name = name
      self.precision = precision
      self.shape = shape
      self.view = view ?? shape
      self.spec = spec
      self.entries = entries
    }
  }
}

extension QuantizationRecord {
  /// The quantized tensors by name.
  public var tensorsByName: [TensorName: Tensor] {
    Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The types that tensors had before they were cast, by name.
  public var castsByName: [TensorName: FloatPrecision] {
    Dictionary(casts.map { ($0.name, $0.precision) }, uniquingKeysWith: { first, _ in first })
  }

  /// The record in a file's metadata; nil where the file has none.
  ///
  /// - Throws: ``RecordError`` when there is one that cannot be understood.
  init?(in metadata: [MetadataEntry]) throws {
    guard let entry = metadata.first(where: { $0.name == Self.metadataName }) else {
      return nil
    }
    let json: JSONValue
    do { json = try JSONValue(parsing: entry.value.utf8) } catch { throw RecordError.malformed }
    guard let version = json["format_version"]?.integer else { throw RecordError.malformed }
    guard version == Self.formatVersion else { throw RecordError.unknownVersion(version) }
    guard let layout = json["layout"]?.string, let isPacked = json["packed"]?.bool,
      let specs = json["specs"]?.elements, let members = json["tensors"]?.members
    else { throw RecordError.malformed }
    self.layout = layout
    self.isPacked = isPacked
    let parsed = try specs.map { spec throws(RecordError) in try QuantizationSpec(json: spec) }
    tensors = try members.map { member in
      guard let dtype = member.value["dtype"]?.string.flatMap(DType.init(rawValue:)),
        let precision = FloatPrecision(dtype),
        let shape = member.value["shape"]?.shape,
        let spec = member.value["spec"]?.integer, parsed.indices ~= spec
      else { throw RecordError.malformed }
      return Tensor(
        name: TensorName(member.name), precision: precision, shape: shape,
        view: try member.value["view"].map { view in try view.view(of: shape) },
        spec: parsed[spec],
        entries: try member.value["entries"].map { entries throws(RecordError) in
          try [OutputEntry](recorded: entries)
        })
    }
    casts = try (json["casts"]?.members ?? []).map { member in
      guard let dtype = member.value.string.flatMap(DType.init(rawValue:)),
        let precision = FloatPrecision(dtype)
      else { throw RecordError.malformed }
      return Cast(name: TensorName(member.name), precision: precision)
    }
  }

  /// The records of the shards of a model as one; nil where there are none.
  ///
  /// - Throws: ``RecordError/differingLayouts`` when they are not of one conversion.
  init?(merging records: [QuantizationRecord]) throws(RecordError) {
    guard let first = records.first else { return nil }
    guard records.allSatisfy({ $0.layout == first.layout && $0.isPacked == first.isPacked }) else {
      throw .differingLayouts
    }
    self.init(
      layout: first.layout, isPacked: first.isPacked, tensors: records.flatMap(\.tensors),
      casts: records.flatMap(\.casts))
  }

  /// The text of the metadata entry.
  var text: String {
    var specs: [QuantizationSpec] = []
    var indices: [QuantizationSpec: Int] = [:]
    let members = tensors.map { tensor in
      let index = indices[tensor.spec] ?? specs.count
      if index == specs.count {
        specs.append(tensor.spec)
        indices[tensor.spec] = index
      }
      return JSONValue.Member(
        name: tensor.name.string,
        value: .object([
          "dtype": .string(tensor.precision.dtype.rawValue),
          "shape": .array(tensor.shape.map(JSONValue.integer)),
          "view": tensor.view == tensor.shape
            ? nil : .array(tensor.view.map(JSONValue.integer)),
          "spec": .integer(index),
          "entries": tensor.entries.map { .array($0.map(\.json)) },
        ]))
    }
    let json = JSONValue.object([
      "format_version": .integer(Self.formatVersion),
      "layout": .string(layout),
      "packed": .bool(isPacked),
      "specs": .array(specs.map(\.json)),
      "tensors": .object(members),
      "casts": casts.isEmpty
        ? nil
        : .object(
          casts.map {
            JSONValue.Member(name: $0.name.string, value: .string($0.precision.dtype.rawValue))
          }),
    ])
    return json.description
  }
}

extension QuantizationSpec {
  /// The spec under the keys of the reference.
  var json: JSONValue {
    let granularity: JSONValue =
      switch self.granularity {
      case .perTensor: .object(["type": .string("per_tensor")])
      case .perChannel(let axis):
        .object(["type": .string("per_channel"), "axis": axis.map(JSONValue.integer)])
      case .perBlock(let axis, let size):
        .object([
          "type": .string("per_block"), "axis": axis.map(JSONValue.integer),
          "block_size": .integer(size),
        ])
      case .perBlocks(let sizes):
        .object([
          "type": .string("per_block"), "block_size": .array(sizes.map(JSONValue.integer)),
        ])
      }
    return .object([
      "dtype": .string(dtype.rawValue),
      "qscheme": .string(scheme.rawValue),
      "qformulation": .string(formulation.rawValue),
      "granularity": granularity,
      "float_range": .array(
        [floatRange.low, floatRange.high].map { $0.map(JSONValue.number) ?? .null }),
      "scale_dtype": scaleDType == .none ? .null : .string(scaleDType.rawValue),
      "qparam_calculator_cls": .string(qparamsCalculator),
      "range_calculator_cls": .string(rangeCalculator),
    ])
  }

  /// The spec that ``json`` describes. Nothing of it may be left to a default.
  init(json: JSONValue) throws(RecordError) {
    let optional: Set = ["scale_dtype", "fake_quantize_cls"]
    guard Self.keys.allSatisfy({ optional.contains($0) || json[$0] != nil }) else {
      throw .malformed
    }
    do { try self.init(Setting(path: "", value: json), isRecorded: true) } catch {
      throw .malformed
    }
  }
}

/// Why the record of a quantized file is of no use.
public enum RecordError: Error, Hashable, Sendable {
  case missing
  case malformed
  case unknownVersion(Int)
  case unknownLayout(String)
  case alreadyQuantized
  case missingEntry(TensorName)
  case mismatchedEntry(TensorName)
  /// What divides scales is not a positive number.
  case unusableScale(TensorName)
  case foreignBuffers
  case differingLayouts
  case inArchive
  /// A weight quantized in a way that another library has and this one does not.
  case unsupportedMode(TensorName, String)
  /// Blocks of a GGUF file of a type that is not read.
  case unreadableBlocks(TensorName, String)
}

extension RecordError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .missing: "no metadata \"qconvert\": not a file that qconvert has quantized"
    case .malformed: "the metadata \"qconvert\" is damaged"
    case .unknownVersion(let version):
      "the metadata \"qconvert\" has format version \(version), this is a tool for version "
        + "\(QuantizationRecord.formatVersion)"
    case .unknownLayout(let layout): "the layout \(TensorName(layout)) is unknown"
    case .alreadyQuantized:
      "already quantized by qconvert"
    case .unsupportedMode(let name, let mode):
      "tensor \(name) is quantized in the mode \(TensorName(mode)), which is not read"
    case .unreadableBlocks(let name, let type):
      "tensor \(name) has blocks of type \(TensorName(type)), which are not turned into floats; those of type "
        + GGMLType.quantizing.map(\.rawValue).joined(separator: ", ") + " are"
    case .inArchive:
      "a quantized .keras archive is not dequantized yet"
    case .missingEntry(let name): "tensor \(name) is missing"
    case .foreignBuffers: "the buffers belong to another quantized file"
    case .differingLayouts: "the shards are in different layouts"
    case .unusableScale(let name): "tensor \(name) divides scales and is not a positive number"
    case .mismatchedEntry(let name): "tensor \(name) has another type or shape than recorded"
    }
  }
}
