extension KerasLayout: KerasConfiguring {
  var forArchives: any OutputLayout { KerasLayout(isArchive: true) }

  /// The configuration with the policies of the layers whose kernels are quantized, as Keras writes them when
  /// it saves such a model. No other byte changes.
  ///
  /// - Throws: ``LayoutError`` for a kernel whose layer is not found, or whose policy Keras does not quantize.
  func kerasConfig(
    _ text: [UInt8], quantized: [TensorName: QuantizationSpec]
  ) throws(LayoutError) -> [UInt8] {
    var layers: [TensorName: KerasLayerConfig] = [:]
    let json = try? JSONValue(parsing: text)
    json.flatMap { KerasLayerConfig($0) }?.collectPaths(below: "", into: &layers)
    var edit = JSONEdit()
    for (name, spec) in quantized.sorted(by: { $0.key < $1.key }) {
      guard let variable = KerasVariable(name),
        let layer = layers[KerasModelReader.modern(variable.layer)],
        let config = json?[layer.place + [.member("config")]]
      else { throw .notConfigured(layout: self.name, name) }
      guard let source = config.dtypePolicyName,
        spec.dtype == .int4 || !source.hasSuffix("float16") || source.hasSuffix("bfloat16")
      else {
        throw .unsupported(
          layout: self.name, what: "\(spec.dtype.rawValue) under the policy of its layer", name)
      }
      let place = layer.place + [.member("config")]
      let settings = KerasQuantization(spec)
      edit.set(place + [.member("dtype")], to: settings.policy(source: source))
      edit.set(place + [.member("quantization_config")], to: settings.config)
    }
    do {
      return try edit.applied(to: text)
    } catch {
      throw .wrongInput(layout: name, takes: "archives whose config.json can be read: \(error)")
    }
  }
}

extension JSONValue {
  /// The name of the policy of a layer that is not quantized; nil for other policies.
  fileprivate var dtypePolicyName: String? {
    switch self["dtype"] {
    case nil, .null: "float32"
    case .string(let name): name
    case let policy?:
      policy["class_name"]?.string == "DTypePolicy" ? policy["config"]?["name"]?.string : nil
    }
  }
}

/// What Keras writes of a layer that is quantized.
private struct KerasQuantization {
  /// The size of blocks in int4, -1 for channels; nil for int8.
  let groupSize: Int?

  init(_ spec: QuantizationSpec) {
    switch (spec.dtype, spec.granularity) {
    case (.int8, _): groupSize = nil
    case (_, .perBlock(_, let size)): groupSize = size
    default: groupSize = -1
    }
  }

  /// The policy, in place of that of a float layer.
  func policy(source: String) -> String {
    let mode = groupSize.map { "int4/\($0)" } ?? "int8"
    return object(
      "keras.dtype_policies", groupSize == nil ? "QuantizedDTypePolicy" : "Int4DTypePolicy",
      #"{"mode": "\#(mode)", "source_name": \#(JSONValue.string(source))}"#)
  }

  /// The settings of the quantizers.
  var config: String {
    guard let groupSize else {
      let quantizer = object(
        "keras.quantizers", "AbsMaxQuantizer",
        #"{"value_range": [-127, 127], "epsilon": 1e-07, "output_dtype": "int8"}"#)
      return object(
        "keras.quantizers", "Int8QuantizationConfig",
        #"{"weight_quantizer": null, "activation_quantizer": \#(quantizer)}"#)
    }
    let size = groupSize > 0 ? "\(groupSize)" : "null"
    return object(
      "keras.quantizers", "Int4QuantizationConfig",
      #"{"weight_quantizer": null, "activation_quantizer": null, "block_size": \#(size)}"#)
  }

  private func object(_ module: String, _ className: String, _ config: String) -> String {
    #"{"module": "\#(module)", "class_name": "\#(className)", "config": \#(config), "registered_name": null}"#
  }
}
