import CYAML

/// The events of a YAML text, one after the other: the wrapper around libyaml.
///
/// Only events: who composes values of them must not trust the text. A mapping whose key is an alias bomb
/// takes for ever.
@safe struct YAMLEvents: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// The parser reads from here until it goes.
  private let text: UnsafeMutableBufferPointer<UInt8>
  /// The line of the latest event, from 1.
  private(set) var line = 1

  init(_ text: String) throws(ConfigurationError) {
    unsafe self.text = .allocate(capacity: text.utf8.count)
    _ = unsafe self.text.initialize(from: text.utf8)
    unsafe parser = .allocate(capacity: 1)
    unsafe parser.initialize(to: yaml_parser_t())
    guard unsafe yaml_parser_initialize(parser) == 1 else { throw .yaml("out of memory", line: 1) }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, self.text.baseAddress, self.text.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deinitialize(count: 1)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// Reads the next event; after the end of the stream there is none.
  mutating func next() throws(ConfigurationError) -> YAMLEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw error }
    defer { unsafe yaml_event_delete(&event) }
    line = unsafe Int(event.start_mark.line) + 1
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return unsafe .scalar(
        YAMLScalar(
          text: String(decoding: bytes, as: UTF8.self), tag: Self.string(scalar.tag),
          isPlain: scalar.plain_implicit == 1),
        anchor: Self.string(scalar.anchor))
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      return unsafe .sequence(tag: Self.string(start.tag), anchor: Self.string(start.anchor))
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      return unsafe .mapping(tag: Self.string(start.tag), anchor: Self.string(start.anchor))
    case YAML_ALIAS_EVENT: return unsafe .alias(Self.string(event.data.alias.anchor) ?? "")
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    default: return .streamEnd
    }
  }

  /// What libyaml complains about. Of a byte that cannot be in a text it knows the offset only.
  private var error: ConfigurationError {
    let state = unsafe parser.pointee
    let problem = unsafe Self.string(state.problem) ?? "unreadable"
    switch unsafe state.error {
    case YAML_MEMORY_ERROR: return .yaml("nested too deeply", line: line)
    case YAML_READER_ERROR:
      let newlines = unsafe text.prefix(Int(state.problem_offset)).count { $0 == 0x0a }
      return .yaml(problem, line: newlines + 1)
    default:
      let isNesting = problem.hasPrefix("Maximum nesting level")
      return unsafe .yaml(
        isNesting ? "nested too deeply" : problem, line: Int(state.problem_mark.line) + 1)
    }
  }

  private static func string(_ pointer: UnsafePointer<UInt8>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }

  private static func string(_ pointer: UnsafePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }
}

/// What a YAML text consists of.
enum YAMLEvent: Hashable {
  case streamStart, documentStart, documentEnd, streamEnd
  case scalar(YAMLScalar, anchor: String?)
  case sequence(tag: String?, anchor: String?)
  case mapping(tag: String?, anchor: String?)
  case collectionEnd
  case alias(String)
}
