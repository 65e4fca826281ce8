/// What a run notes down while it works on an output directory, so that another can go on after it.
///
/// A line of JSON for what the run is about, then one for every file of the output that is finished:
///
///     {"format":1,"version":"0.1.0","plan":"6c62…","inputs":[{"name":"a","bytes":1,"modified":"5.25"}]}
///     {"finished":"model.safetensors","bytes":1024}
///
/// What follows the last line end is a line that a run died in, and counts as not written.
struct Journal: Hashable, Sendable {
  /// What a run is about; another one can go on only with the same.
  struct Header: Hashable, Sendable {
    /// The version of the program: another may write other bytes.
    let version: String
    /// The fingerprint of everything that decides on the bytes of the output.
    let plan: String
    let inputs: [Input]
  }

  /// A file that is read, as it was found.
  struct Input: Hashable, Sendable {
    let name: TensorName
    let byteCount: Int
    /// The time of its last change, as ``FileIdentity/modified`` spells it.
    let modified: String
  }

  let header: Header
  /// The files of the output that are finished, with their sizes.
  let finished: [TensorName: Int]

  /// The line that says that a file is finished.
  static func line(finished name: TensorName, byteCount: Int) -> [UInt8] {
    Array(
      JSONValue.object(["finished": .string(name.string), "bytes": .integer(byteCount)])
        .description.utf8)
  }
}

extension Journal {
  private static let format = 1

  /// Reads a journal.
  init(parsing bytes: [UInt8]) throws(JournalError) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count > 1 else { throw .noHeader }
    header = try Header(Self.members(of: lines[0], line: 1))
    var finished: [TensorName: Int] = [:]
    for (index, line) in lines.enumerated().dropFirst().dropLast() {
      let value = try Self.members(of: line, line: index + 1)
      guard value.members?.count == 2, let name = value["finished"]?.string,
        let byteCount = value["bytes"]?.size
      else { throw .malformed(line: index + 1) }
      finished[TensorName(name)] = byteCount
    }
    self.finished = finished
  }

  private static func members(
    of text: ArraySlice<UInt8>, line: Int
  ) throws(JournalError) -> JSONValue {
    do {
      return try JSONValue(parsing: text)
    } catch {
      guard let error = error as? JSONError else { throw .malformed(line: line) }
      throw .notJSON(line: line, error)
    }
  }
}

extension Journal.Header {
  /// The header as a line.
  var line: [UInt8] {
    let inputs = inputs.map { input in
      JSONValue.object([
        "name": .string(input.name.string), "bytes": .integer(input.byteCount),
        "modified": .string(input.modified),
      ])
    }
    let value = JSONValue.object([
      "format": .integer(Journal.format), "version": .string(version), "plan": .string(plan),
      "inputs": .array(inputs),
    ])
    return Array(value.description.utf8)
  }

  fileprivate init(_ value: JSONValue) throws(JournalError) {
    // The format comes first: the rest depends on it.
    guard let format = value["format"]?.size else { throw .malformed(line: 1) }
    guard format == Journal.format else { throw .unknownFormat(format) }
    guard value.members?.count == 4, let version = value["version"]?.string,
      let plan = value["plan"]?.string, let elements = value["inputs"]?.elements
    else { throw .malformed(line: 1) }
    let inputs = elements.compactMap(Journal.Input.init)
    guard inputs.count == elements.count else { throw .malformed(line: 1) }
    self.init(version: version, plan: plan, inputs: inputs)
  }

  /// What keeps this run from going on after another, in words; nil when it can.
  ///
  ///     "the input model-00003-of-00012.safetensors changed"
  func difference(from other: Self) -> String? {
    if !version.utf8.elementsEqual(other.version.utf8) {
      return "it was begun by version \(TensorName(other.version))"
    }
    let before = Dictionary(other.inputs.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(inputs.map(\.name))
    for input in inputs where before[input.name] != input {
      return "the input \(input.name) \(before[input.name] == nil ? "is new" : "changed")"
    }
    if let gone = other.inputs.first(where: { !names.contains($0.name) }) {
      return "the input \(gone.name) is gone"
    }
    return plan == other.plan ? nil : "the options changed"
  }
}

extension Journal.Input {
  fileprivate init?(_ value: JSONValue) {
    guard value.members?.count == 3, let name = value["name"]?.string,
      let byteCount = value["bytes"]?.size, let modified = value["modified"]?.string
    else { return nil }
    self.init(name: TensorName(name), byteCount: byteCount, modified: modified)
  }
}

extension JSONValue {
  /// A whole number that is not negative.
  fileprivate var size: Int? { integer.flatMap { $0 >= 0 ? $0 : nil } }
}

/// What is wrong with a journal.
enum JournalError: Error, Hashable, Sendable {
  case noHeader
  case unknownFormat(Int)
  case notJSON(line: Int, JSONError)
  case malformed(line: Int)
}

extension JournalError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  var description: String {
    switch self {
    case .noHeader: "the journal has no whole line"
    case .unknownFormat(let format): "the journal has format \(format), which is not known"
    case .notJSON(let line, let error): "line \(line) of the journal: \(error)"
    case .malformed(let line): "line \(line) of the journal is not what a journal holds"
    }
  }
}
