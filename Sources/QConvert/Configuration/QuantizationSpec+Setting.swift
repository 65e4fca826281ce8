extension QuantizationSpec {
  /// The keys of a spec in a configuration.
  static let keys = [
    "dtype", "qscheme", "qformulation", "granularity", "float_range", "scale_dtype",
    "qparam_calculator_cls", "range_calculator_cls", "fake_quantize_cls",
  ]
  /// What the reference computes from the others and writes along with them.
  static let computedKeys: Set<String> = [
    "n_bits", "target_dtype", "_quant_range", "quant_min", "quant_max",
  ]

  /// The spec of a configuration. What is left out has the reference's default: int8, symmetric, zp, and
  /// per_tensor.
  ///
  /// The reference ignores unknown keys; here they are errors. What a layout has recorded may be of types that
  /// the reference does not have.
  init(_ setting: Setting, isRecorded: Bool = false) throws(ConfigurationError) {
    try setting.check(known: Self.keys, ignored: Self.computedKeys)
    let scaleDType = setting.member("scale_dtype").flatMap { $0.isNull ? nil : $0 }
    _ = try setting.member("fake_quantize_cls")?.choice(["default"]) { $0 == "default" ? $0 : nil }
    let dtype = try setting.member("dtype")?.choice(
      QuantizedDType.referenceTypes.map(\.rawValue),
      isRecorded ? QuantizedDType.init(rawValue:) : QuantizedDType.init(name:))
    let scheme = try setting.member("qscheme")?.choice(
      QuantizationScheme.allCases.map(\.rawValue), QuantizationScheme.init(rawValue:))
    let formulation = try setting.member("qformulation")?.choice(
      QuantizationFormulation.allCases.map(\.rawValue), QuantizationFormulation.init(rawValue:))
    let scale = try scaleDType?.choice([ScaleDType.float8E8M0.rawValue]) { name -> ScaleDType? in
      // The reference has no others to set, but other layouts' specs have.
      if isRecorded, let recorded = ScaleDType(rawValue: name) { return recorded }
      return ["float8_e8m0", ScaleDType.float8E8M0.rawValue].contains(name)
        ? ScaleDType.float8E8M0 : nil
    }
    let granularity = try setting.member("granularity").map(Granularity.init)
    let floatRange = try setting.member("float_range").map(FloatRange.init)
    let qparamsCalculator = try setting.member("qparam_calculator_cls")?.string()
    let rangeCalculator = try setting.member("range_calculator_cls")?.string()
    do throws(QuantizationSpecError) {
      try self.init(
        dtype: dtype ?? .int8, scheme: scheme ?? .symmetric, formulation: formulation ?? .zeroPoint,
        granularity: granularity ?? .perTensor, floatRange: floatRange ?? .observed,
        scaleDType: scale ?? .none, qparamsCalculator: qparamsCalculator ?? "default",
        rangeCalculator: rangeCalculator ?? "minmax")
    } catch {
      throw .spec(setting.path, error)
    }
  }
}

extension Granularity {
  fileprivate init(_ setting: Setting) throws(ConfigurationError) {
    _ = try setting.members()
    guard let type = setting.member("type") else { throw .missingKey("\(setting.path).type") }
    let axis = try setting.member("axis").flatMap { $0.isNull ? nil : $0 }.map {
      setting throws(ConfigurationError) in try setting.integer()
    }
    let types = ["per_tensor", "per_channel", "per_block"]
    switch try type.choice(types, { types.contains($0) ? $0 : nil }) {
    case "per_tensor":
      // An axis may be there, as the reference writes one, but only if it is null.
      try setting.check(known: axis == nil ? ["type", "axis"] : ["type"])
      self = .perTensor
    case "per_channel":
      try setting.check(known: ["type", "axis"])
      self = .perChannel(axis: axis)
    default:
      try setting.check(known: ["type", "axis", "block_size"])
      guard let size = setting.member("block_size") else {
        throw .missingKey("\(setting.path).block_size")
      }
      guard let elements = size.value.elements else {
        self = .perBlock(axis: axis, size: try size.integer())
        return
      }
      let sizes = elements.compactMap(\.integer)
      guard sizes.count == elements.count else { throw size.kind("a list of whole numbers") }
      guard axis == nil else { throw .axisWithBlockSizes(setting.path) }
      self = .perBlocks(sizes)
    }
  }
}

extension FloatRange {
  fileprivate init(_ setting: Setting) throws(ConfigurationError) {
    guard let bounds = setting.value.elements, bounds.count == 2,
      bounds.allSatisfy({ $0 == .null || $0.number != nil })
    else { throw setting.kind("a list of two numbers or nulls") }
    if bounds == [.null, .null] {
      self = .observed
      return
    }
    do throws(QuantizationSpecError) {
      try self.init(low: bounds[0].number, high: bounds[1].number)
    } catch {
      throw .spec(setting.path, error)
    }
  }
}
