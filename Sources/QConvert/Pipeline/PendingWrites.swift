/// Small writes of one worker that wait for what follows right behind them.
///
/// Whoever writes to a file holds its lock: many small writes keep the other workers waiting.
struct PendingWrites {
  private struct Run {
    var entry: PlannedEntry
    /// Where the bytes go within the entry.
    var start: Int
    var bytes: [UInt8] = []

    mutating func write(to sink: any EntrySink) throws {
      try unsafe bytes.withUnsafeBytes { bytes in try unsafe sink.put(bytes, entry, at: start) }
      bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Those without bytes keep their memory for the next entry.
  private var runs: [Run] = []
  /// From this size on, bytes are written at once.
  private static let byteLimit = 1 << 18

  /// Takes bytes of an entry, from an offset within the entry on.
  mutating func put(
    _ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int, to sink: any EntrySink
  ) throws {
    let own = runs.firstIndex { !$0.bytes.isEmpty && $0.entry.entry.name == entry.entry.name }
    if let own {
      let end = runs[own].start + runs[own].bytes.count
      if end == offset, runs[own].bytes.count + bytes.count < Self.byteLimit {
        unsafe runs[own].bytes.append(contentsOf: bytes)
        return
      }
      try runs[own].write(to: sink)
    }
    guard bytes.count < Self.byteLimit else { return try unsafe sink.put(bytes, entry, at: offset) }
    let free = runs.firstIndex { $0.bytes.isEmpty } ?? runs.endIndex
    if free == runs.endIndex { runs.append(Run(entry: entry, start: offset)) }
    runs[free].entry = entry
    runs[free].start = offset
    unsafe runs[free].bytes.append(contentsOf: bytes)
  }

  /// Writes all there is.
  mutating func flush(to sink: any EntrySink) throws {
    for index in runs.indices where !runs[index].bytes.isEmpty {
      try runs[index].write(to: sink)
    }
  }

  /// Forgets all there is, which is of no use any more.
  mutating func drop() {
    for index in runs.indices { runs[index].bytes.removeAll(keepingCapacity: true) }
  }
}
