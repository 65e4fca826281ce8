/// What a calibration leaves in a file, and continues from: for every tensor NAME its buffers under the names
/// of the reference, and beside them, in the metadata, how they came about.
///
///     NAME_scale         F32
///     NAME_zero_point    I32, integer dtypes only
///     NAME_minval        F32, integer dtypes only
///     NAME_running_min   the precision of the tensor; calculators with a running range only
///     NAME_running_max
///
/// All have the shape of the grid of groups. With bounds given on both sides running ranges are F32, as in the
/// reference. The metadata `qconvert.calibration`:
///
///     {"format_version": 1, "spec": {...}, "constant": 0.01, "dumps": 7,
///      "tensors": {"NAME": {"dtype": "BF16", "count": 7}}}
struct CalibrationState {
  /// The name of the metadata entry.
  static let metadataName = "qconvert.calibration"
  private static let formatVersion = 1

  /// How all tensors are quantized.
  let spec: QuantizationSpec
  /// The setting of the running range; 0 where there is none.
  let constant: Double
  /// The number of dumps that were observed.
  let dumpCount: Int
  /// The tensors in their order.
  let tensors: [(name: TensorName, state: TensorCalibration.State)]
}

extension CalibrationState {
  /// The metadata entry.
  var metadata: MetadataEntry {
    let members = tensors.map { name, state in
      JSONValue.Member(
        name: name.string,
        value: .object([
          "dtype": .string(state.precision.dtype.rawValue), "count": .integer(state.count),
        ]))
    }
    let json = JSONValue.object([
      "format_version": .integer(Self.formatVersion),
      "spec": spec.json,
      "constant": .number(constant),
      "dumps": .integer(dumpCount),
      "tensors": .object(members),
    ])
    return MetadataEntry(name: Self.metadataName, value: json.description)
  }

  /// The buffers.
  var entries: [OutputEntry] {
    tensors.flatMap { name, state in
      func entry(_ buffer: Buffer, _ dtype: DType, _ values: [Double]) -> OutputEntry {
        OutputEntry(
          buffer.name(of: name), dtype, state.grid,
          .constant(dtype.bytes(of: values)))
      }
      var entries = [entry(.scale, .float32, state.qparams.map { Double($0.scale) })]
      if spec.dtype.isInteger {
        entries += [
          entry(.zeroPoint, .int32, state.qparams.map { Double($0.zeroPoint) }),
          entry(.minval, .float32, state.qparams.map { Double($0.minval) }),
        ]
      }
      if !state.runningRanges.isEmpty {
        let dtype = spec.runningPrecision(of: state.precision).dtype
        entries += [
          entry(.runningMin, dtype, state.runningRanges.map(\.min)),
          entry(.runningMax, dtype, state.runningRanges.map(\.max)),
        ]
      }
      return entries
    }
  }

  /// Reads what a calibration has left.
  ///
  /// - Throws: ``CalibrationError/noState`` or ``CalibrationError/damagedState``; ``StorageError``.
  init(_ checkpoint: Checkpoint) throws {
    guard let entry = checkpoint.entries.first(where: { $0.name == Self.metadataName }) else {
      throw CalibrationError.noState
    }
    guard let json = try? JSONValue(parsing: entry.value.utf8),
      json["format_version"]?.integer == Self.formatVersion,
      let spec = try? json["spec"].map({ try QuantizationSpec(json: $0) }),
      let constant = json["constant"]?.number, 0...1 ~= constant,
      let dumpCount = json["dumps"]?.integer,
      let members = json["tensors"]?.members
    else { throw CalibrationError.damagedState }
    self.spec = spec
    self.constant = constant
    self.dumpCount = dumpCount
    let descriptors = Dictionary(
      checkpoint.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    tensors = try members.map { member in
      let name = TensorName(member.name)
      guard
        let precision = member.value["dtype"]?.string.flatMap(DType.init(rawValue:))
          .flatMap(FloatPrecision.init), let count = member.value["count"]?.integer, count > 0,
        let grid = descriptors[TensorName(Buffer.scale.name(of: name))]?.shape
      else { throw CalibrationError.damagedState }
      func values(_ buffer: Buffer, _ dtype: DType) throws -> [Double]? {
        guard let descriptor = descriptors[TensorName(buffer.name(of: name))] else { return nil }
        guard descriptor.dtype == dtype, descriptor.shape == grid else {
          throw CalibrationError.damagedState
        }
        let bytes = try StoredTensor(file: checkpoint.data, descriptor: descriptor)
          .bytes(0..<descriptor.byteCount)
        return dtype.values(of: bytes)
      }
      let zeros = [Double](repeating: 0, count: grid.reduce(1, *))
      let dtype = spec.runningPrecision(of: precision).dtype
      let (low, high) = (try values(.runningMin, dtype), try values(.runningMax, dtype))
      let isInteger = spec.dtype.isInteger
      guard let scale = try values(.scale, .float32), (low == nil) == (high == nil),
        let zeroPoint = try values(.zeroPoint, .int32) ?? (isInteger ? nil : zeros),
        let minval = try values(.minval, .float32) ?? (isInteger ? nil : zeros)
      else { throw CalibrationError.damagedState }
      let qparams = scale.indices.map { index in
        QParams(
          scale: Float(scale[index]), zeroPoint: Int32(zeroPoint[index]),
          minval: Float(minval[index]))
      }
      let ranges = zip(low ?? [], high ?? []).map { ValueRange(min: $0, max: $1) }
      return (
        name,
        TensorCalibration.State(
          precision: precision, grid: grid, qparams: qparams, runningRanges: ranges, count: count)
      )
    }
  }

  /// What is kept of a tensor.
  private enum Buffer: String {
    case scale, minval
    case zeroPoint = "zero_point"
    case runningMin = "running_min"
    case runningMax = "running_max"

    func name(of tensor: TensorName) -> String { "\(tensor.string)_\(rawValue)" }
  }
}

extension QuantizationSpec {
  /// The precision of the running range of a tensor: float32 where both bounds are given.
  fileprivate func runningPrecision(of precision: FloatPrecision) -> FloatPrecision {
    floatRange.low != nil && floatRange.high != nil ? .float32 : precision
  }
}

extension DType {
  /// The bytes of elements with these values.
  fileprivate func bytes(of values: [Double]) -> [UInt8] {
    let byteCount = values.count * bitWidth / 8
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      for index in values.indices {
        unsafe store(values[index], at: index, in: UnsafeMutableRawBufferPointer(buffer))
      }
      count = byteCount
    }
  }

  /// The values of elements.
  fileprivate func values(of bytes: [UInt8]) -> [Double] {
    unsafe bytes.withUnsafeBytes { buffer in
      (0..<bytes.count / (bitWidth / 8)).map { unsafe value(at: $0, in: buffer) }
    }
  }
}
