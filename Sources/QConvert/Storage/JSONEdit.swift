/// A step from a JSON value to one within it.
enum JSONStep: Hashable, Sendable {
  case member(String)
  case element(Int)
}

/// Changes of JSON text that leave every byte beside them as it is.
struct JSONEdit {
  /// The new text of a value, or of a member that is added.
  private var text: String?
  private var isRemoval = false
  private var inner: [JSONStep: JSONEdit] = [:]

  /// No changes.
  init() {}

  /// Puts a text in the place of a value; the last step may be a member that is not there yet.
  mutating func set(_ place: some Collection<JSONStep>, to text: String) {
    guard let step = place.first else {
      self.text = text
      return
    }
    inner[step, default: JSONEdit()].set(place.dropFirst(), to: text)
  }

  /// Takes a member away, if it is there.
  mutating func remove(_ place: some Collection<JSONStep>) {
    guard let step = place.first else {
      isRemoval = true
      return
    }
    inner[step, default: JSONEdit()].remove(place.dropFirst())
  }

  /// The text with the changes.
  func applied(to bytes: [UInt8]) throws -> [UInt8] {
    var reader = JSONReader(bytes)
    var output = JSONEditOutput(bytes)
    try apply(to: &reader, &output)
    try reader.expectEnd()
    return output.finished
  }

  private func apply(to reader: inout JSONReader, _ output: inout JSONEditOutput) throws {
    let first = try reader.peek()
    if let text {
      let start = reader.offset
      try reader.skipValue()
      output.replace(start..<reader.offset, with: text)
    } else if inner.isEmpty {
      try reader.skipValue()
    } else if first == UInt8(ascii: "{") {
      var missing = inner
      var isEmpty = true
      var end = reader.offset + 1
      try reader.readObject { reader, name in
        let edit = missing.removeValue(forKey: .member(name)) ?? JSONEdit()
        if edit.isRemoval {
          try reader.skipValue()
          // The comma before goes too; where nothing is before, the one behind.
          let rest = isEmpty ? output.endOfComma(after: reader.offset) : reader.offset
          output.replace(end..<rest, with: "")
          end = rest
        } else {
          isEmpty = false
          try edit.apply(to: &reader, &output)
          end = reader.offset
        }
      }
      for (step, edit) in missing.sorted(by: { "\($0.key)" < "\($1.key)" }) {
        guard case .member(let name) = step, let text = edit.text else { continue }
        let member = "\(JSONValue.string(name)): \(text)"
        output.replace(end..<end, with: isEmpty ? member : ", \(member)")
        isEmpty = false
      }
    } else if first == UInt8(ascii: "[") {
      var index = 0
      try reader.readArray { reader in
        try (inner[.element(index)] ?? JSONEdit()).apply(to: &reader, &output)
        index += 1
      }
    } else {
      try reader.skipValue()
    }
  }
}

/// A text that is copied with some of its ranges replaced, in order.
private struct JSONEditOutput {
  private let source: [UInt8]
  private var text: [UInt8] = []
  private var copied = 0

  init(_ source: [UInt8]) {
    self.source = source
  }

  mutating func replace(_ range: Range<Int>, with replacement: String) {
    text += source[copied..<range.lowerBound]
    text += replacement.utf8
    copied = range.upperBound
  }

  /// Where a comma that comes next has ended; without one the same offset.
  func endOfComma(after offset: Int) -> Int {
    let next = source[offset...].firstIndex { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    guard let next, source[next] == UInt8(ascii: ",") else { return offset }
    return next + 1
  }

  var finished: [UInt8] { text + source[copied...] }
}

extension JSONValue {
  /// The value at a place within; nil where there is none.
  subscript(place: some Collection<JSONStep>) -> JSONValue? {
    guard let step = place.first else { return self }
    let next: JSONValue? =
      switch step {
      case .member(let name): self[name]
      case .element(let index): elements.flatMap { $0.indices ~= index ? $0[index] : nil }
      }
    return next?[place.dropFirst()]
  }
}
