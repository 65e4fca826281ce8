/// The header of a safetensors file: what tensors it holds, where, and the metadata.
///
///     bytes 0 ..< 8            u64, little endian: the length n of the text, at most 100,000,000
///     bytes 8 ..< 8 + n        the text: a JSON object, padded with spaces
///     bytes 8 + n ..< size     the data: every tensor's elements, without gaps
///
///     {"__metadata__": {"format": "pt"},
///      "a.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
///
/// Offsets count from the start of the data. Format: the README of huggingface/safetensors; where its
/// reader 0.8.0 and that text differ, the stricter of the two holds here.
struct SafetensorsHeader: Sendable {
  static let lengthLimit = 100_000_000
  /// More axes than any consumer opens: NumPy stops at 64.
  static let rankLimit = 64
  /// The bound on an axis in the schema of the format.
  static let dimensionLimit = 1 << 48

  /// The tensors in the order of the text, with offsets from the start of the file.
  var tensors: [TensorDescriptor] = []
  /// The metadata in the order of the text.
  var metadata: [MetadataEntry] = []
  /// What readers should not rely on and this file does.
  var warnings: [String] = []
}

extension SafetensorsHeader {
  /// Parses a header's text.
  ///
  /// - Parameters:
  ///   - text: The bytes after the length.
  ///   - dataByteCount: The bytes of the file that follow the text.
  /// - Throws: ``SafetensorsError`` or ``JSONError`` at the first rule that is broken.
  init(parsing text: [UInt8], dataByteCount: Int) throws {
    let dataStart = 8 + text.count
    guard !text.isEmpty else { throw SafetensorsError.emptyHeader }
    var reader = JSONReader(text)
    let first = try reader.peek()
    if reader.offset > 0 { warnings.append("blanks before the header's text") }
    guard first == UInt8(ascii: "{") else { throw SafetensorsError.headerNotAnObject }
    var unknownFields = 0
    var firstUnknown: (tensor: TensorName, field: TensorName)?
    try reader.readObject { reader, name in
      if name.utf8.elementsEqual("__metadata__".utf8) {
        try readMetadata(from: &reader)
      } else {
        let entry = try Entry(from: &reader, name: TensorName(name))
        unknownFields += entry.unknownFields
        firstUnknown = firstUnknown ?? entry.firstUnknownField.map { (entry.name, $0) }
        tensors.append(entry.descriptor(dataStart: dataStart))
      }
    }
    if let (tensor, field) = firstUnknown {
      let others = unknownFields == 1 ? "" : ", and \(unknownFields - 1) more such fields"
      warnings.append("tensor \(tensor) has an unknown field \"\(field)\"\(others)")
    }
    let end = reader.offset
    try reader.expectEnd()
    if text[end...].contains(where: { $0 != UInt8(ascii: " ") }) {
      warnings.append("the header is padded with something other than spaces")
    }
    try checkCoverage(dataStart..<dataStart + dataByteCount)
  }

  private mutating func readMetadata(from reader: inout JSONReader) throws {
    if try reader.peek() == UInt8(ascii: "n") {
      _ = try reader.readWord()
      warnings.append("__metadata__ is null")
      return
    }
    guard try reader.peek() == UInt8(ascii: "{") else {
      throw SafetensorsError.metadataNotAnObject
    }
    try reader.readObject { reader, name in
      guard try reader.peek() == UInt8(ascii: "\"") else {
        throw SafetensorsError.metadataNotText(TensorName(name))
      }
      metadata.append(MetadataEntry(name: name, value: try reader.readString()))
    }
  }

  /// Sorted by offset, tensors follow each other from the first data byte to the last.
  private func checkCoverage(_ data: Range<Int>) throws(SafetensorsError) {
    let sorted = tensors.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
        < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
    }
    var previous: TensorDescriptor?
    for tensor in sorted {
      let expected = previous?.bytes.upperBound ?? data.lowerBound
      let start = tensor.bytes.lowerBound
      if start < expected, let previous {
        throw .overlap(
          tensor.name, start: start - data.lowerBound, previous.name,
          end: expected - data.lowerBound)
      }
      guard start == expected else {
        throw .hole(
          before: tensor.name, from: expected - data.lowerBound, to: start - data.lowerBound)
      }
      previous = tensor
    }
    let end = previous?.bytes.upperBound ?? data.lowerBound
    if end > data.upperBound {
      throw .truncated(expected: end, available: data.upperBound, last: previous?.name ?? "")
    }
    guard end == data.upperBound else { throw .trailingBytes(data.upperBound - end) }
  }
}

extension TensorDescriptor {
  /// Where the elements of a safetensors file are.
  fileprivate var bytes: Range<Int> {
    if case .contiguous(let bytes) = storage { bytes } else { 0..<0 }
  }
}

/// The value of one name in the text.
private struct Entry {
  let name: TensorName
  var dtype: DType
  var shape: [Int]
  var offsets: Range<Int>

  /// Fields that the format does not know; a file may have many.
  var unknownFields = 0
  var firstUnknownField: TensorName?

  init(from reader: inout JSONReader, name: TensorName) throws {
    var dtype: DType?
    var shape: [Int]?
    var offsets: [Int]?
    var unknownFields = 0
    var firstUnknown: TensorName?
    guard try reader.peek() == UInt8(ascii: "{") else { throw SafetensorsError.notAnEntry(name) }
    do {
      try reader.readObject { reader, field in
        switch field {
        case "dtype":
          guard try reader.peek() == UInt8(ascii: "\"") else {
            throw SafetensorsError.malformedField("dtype", name)
          }
          let spelling = try reader.readString()
          guard let known = DType(rawValue: spelling) else {
            throw SafetensorsError.unknownDType(TensorName(spelling), name)
          }
          dtype = known
        case "shape": shape = try Self.readSizes("shape", name, from: &reader)
        case "data_offsets": offsets = try Self.readSizes("data_offsets", name, from: &reader)
        default:
          try reader.skipValue()
          unknownFields += 1
          firstUnknown = firstUnknown ?? TensorName(field)
        }
      }
    } catch JSONError.duplicateName(let field, _) {
      throw SafetensorsError.duplicateField(field, name)
    }
    guard let dtype else { throw SafetensorsError.missingField("dtype", name) }
    guard let shape else { throw SafetensorsError.missingField("shape", name) }
    guard let offsets else { throw SafetensorsError.missingField("data_offsets", name) }
    guard offsets.count == 2 else { throw SafetensorsError.malformedField("data_offsets", name) }
    guard offsets[0] <= offsets[1] else {
      throw SafetensorsError.reversedOffsets(name, offsets[0], offsets[1])
    }
    self.name = name
    self.unknownFields = unknownFields
    firstUnknownField = firstUnknown
    self.dtype = dtype
    self.shape = shape
    self.offsets = offsets[0]..<offsets[1]
    let needed = try byteCount()
    guard needed == self.offsets.count else {
      throw SafetensorsError.sizeMismatch(
        name, dtype, shape: shape, needed: needed, offsets: self.offsets)
    }
  }

  func descriptor(dataStart: Int) -> TensorDescriptor {
    TensorDescriptor(
      name: name, dtype: dtype, shape: shape,
      bytes: dataStart + offsets.lowerBound..<dataStart + offsets.upperBound)
  }

  private static func readSizes(
    _ field: String, _ name: TensorName, from reader: inout JSONReader
  ) throws -> [Int] {
    var sizes: [Int] = []
    guard try reader.peek() == UInt8(ascii: "[") else {
      throw SafetensorsError.malformedField(field, name)
    }
    do {
      try reader.readArray { reader in sizes.append(try reader.readSize()) }
    } catch JSONError.notASize {
      throw SafetensorsError.malformedField(field, name)
    } catch JSONError.sizeTooLarge {
      throw SafetensorsError.sizeOverflow(field, name)
    }
    return sizes
  }

  /// The bytes the shape and the type ask for.
  private func byteCount() throws(SafetensorsError) -> Int {
    guard shape.count <= SafetensorsHeader.rankLimit else {
      throw .rankTooHigh(name, shape.count)
    }
    var bits = dtype.bitWidth
    // Every product is checked, also where a later axis of length 0 would hide it.
    for length in shape {
      guard length < SafetensorsHeader.dimensionLimit else { throw .sizeOverflow("shape", name) }
      let (product, overflow) = bits.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .sizeOverflow("shape", name) }
      bits = product
    }
    guard bits % 8 == 0 else { throw .notWholeBytes(name, bits: bits) }
    // Offsets below this bound can be added to any file offset.
    guard offsets.upperBound < 1 << 61 else { throw .sizeOverflow("data_offsets", name) }
    return bits / 8
  }
}
