extension JSONValue {
  /// A shape without empty axes, of no more elements than any file has; nil for anything else.
  var shape: [Int]? {
    guard let elements else { return nil }
    var shape: [Int] = []
    var count = 1
    for element in elements {
      guard let length = element.integer, length > 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product < SafetensorsHeader.dimensionLimit else { return nil }
      count = product
      shape.append(length)
    }
    return shape
  }

  /// Another shape of as many elements.
  func view(of shape: [Int]) throws(RecordError) -> [Int] {
    guard let view = self.shape, view.reduce(1, *) == shape.reduce(1, *) else { throw .malformed }
    return view
  }
}

extension OutputEntry {
  /// The entry in a record.
  var json: JSONValue {
    .object([
      "name": .string(name.string), "dtype": .string(dtype.rawValue),
      "shape": .array(shape.map(JSONValue.integer)), "content": .string(content.recordedName),
    ])
  }

  fileprivate init(recorded json: JSONValue) throws(RecordError) {
    guard let name = json["name"]?.string,
      let dtype = json["dtype"]?.string.flatMap(DType.init(rawValue:)),
      let shape = json["shape"]?.shape,
      let content = json["content"]?.string.flatMap(Content.init(recordedName:))
    else { throw .malformed }
    self.init(name, dtype, shape, content)
  }
}

extension [OutputEntry] {
  /// The entries of a tensor in a record.
  init(recorded json: JSONValue) throws(RecordError) {
    guard let elements = json.elements else { throw .malformed }
    self = try elements.map { element throws(RecordError) in try OutputEntry(recorded: element) }
  }
}

extension OutputEntry.Content {
  private static let recordedNames: KeyValuePairs<OutputEntry.Content, String> = [
    .quantized: "quantized", .scale: "scale", .zeroPoint: "zero_point", .minval: "minval",
    .globalScale: "global_scale",
    .blocks: "blocks", .original: "original", .cast: "cast", .dequantized: "dequantized",
    .constant([]): "constant",
  ]

  fileprivate var recordedName: String {
    Self.recordedNames.first { $0.key == self }?.value ?? "constant"
  }

  fileprivate init?(recordedName name: String) {
    guard let content = Self.recordedNames.first(where: { $0.value == name })?.key else {
      return nil
    }
    self = content
  }
}
