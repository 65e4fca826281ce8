/// Reads what a walker of an HDF5 file has sent, trusting none of it.
struct HDF5MessageReader {
  private let bytes: [UInt8]
  /// The index of the next byte.
  private(set) var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var malformed: HDF5Error { .indexMalformed(at: offset) }
  var isAtEnd: Bool { offset == bytes.count }

  mutating func number() throws(HDF5Error) -> UInt64 {
    guard bytes.count - offset >= 8 else { throw malformed }
    var number: UInt64 = 0
    for index in (offset..<offset + 8).reversed() { number = number << 8 | UInt64(bytes[index]) }
    offset += 8
    return number
  }

  /// A number that is not negative and no larger than the limit.
  mutating func size(upTo limit: Int = .max) throws(HDF5Error) -> Int {
    guard let size = Int(exactly: try number()), size <= limit else { throw malformed }
    return size
  }

  /// The length of a list whose elements take at least so many bytes here.
  mutating func count(elementSize: Int) throws(HDF5Error) -> Int {
    let count = try size()
    guard count <= (bytes.count - offset) / elementSize else { throw malformed }
    return count
  }

  mutating func numbers() throws(HDF5Error) -> [UInt64] {
    let count = try count(elementSize: 8)
    var numbers: [UInt64] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try number()) }
    return numbers
  }

  mutating func flag() throws(HDF5Error) -> Bool { try size(upTo: 1) == 1 }

  mutating func choice<Choice: RawRepresentable<UInt64>>() throws(HDF5Error) -> Choice {
    guard let choice = Choice(rawValue: try number()) else { throw malformed }
    return choice
  }

  mutating func text() throws(HDF5Error) -> [UInt8] {
    let count = try count(elementSize: 1)
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  /// A text that must be UTF-8.
  mutating func name() throws(HDF5Error) -> TensorName {
    guard let string = String(validating: try text(), as: UTF8.self) else { throw malformed }
    return TensorName(string)
  }

  /// A text for messages: bytes that are not UTF-8 are escaped.
  mutating func escapedName() throws(HDF5Error) -> TensorName {
    TensorName(escaping: try text())
  }
}

extension TensorName {
  /// A name of any bytes; if they are not UTF-8, all that are not ASCII are spelled `\xff`.
  init(escaping bytes: [UInt8]) {
    if let string = String(validating: bytes, as: UTF8.self) {
      self.init(string)
      return
    }
    var text = ""
    for byte in bytes {
      text +=
        byte < 0x80 ? String(Unicode.Scalar(byte)) : "\\x" + String(byte, radix: 16)
    }
    self.init(text)
  }
}
