import Synchronization

/// The blocks of a tensor that is read several times: each is decoded once, into a file
/// without a name.
///
/// Whoever needs a block that nobody has begun decodes it for all. Nobody waits for another: there are
/// further blocks to decode meanwhile.
final class DecodedBlocks: Sendable {
  /// Holds nothing else.
  let file: UnnamedFile
  private let blockByteCount: Int
  /// The blocks that went through filters, in order, and the place of each in that order.
  private let blocks: [Int]
  private let places: [Int: Int]
  private let state: Mutex<State>

  private struct State {
    var begun: [Bool]
    var finished: [Bool]
    /// All before it are begun.
    var next = 0
  }

  /// Makes room for the blocks in a file, over whatever is in it.
  init(of storage: BlockStorage, in file: UnnamedFile) throws(StorageError) {
    let blocks = storage.blocks.keys.filter { !storage.isPlain($0) }.sorted()
    self.blocks = blocks
    places = Dictionary(uniqueKeysWithValues: zip(blocks, blocks.indices))
    blockByteCount = storage.blockByteCount
    let (needed, overflow) = blockByteCount.multipliedReportingOverflow(by: blocks.count)
    try file.reserve(overflow ? .max : needed)
    self.file = file
    let none = [Bool](repeating: false, count: blocks.count)
    state = Mutex(State(begun: none, finished: none))
  }

  /// Takes a block up; false when somebody has already.
  func begin(_ block: Int) -> Bool {
    guard let place = places[block] else { return true }
    return state.withLock { state in
      guard !state.begun[place] else { return false }
      state.begun[place] = true
      return true
    }
  }

  /// Takes the next block up that nobody has; nil when there is none.
  func beginNext() -> Int? {
    state.withLock { state in
      while state.next < blocks.count, state.begun[state.next] { state.next += 1 }
      guard state.next < blocks.count else { return nil }
      state.begun[state.next] = true
      return blocks[state.next]
    }
  }

  /// Keeps the elements of a block that was taken up.
  func finish(_ block: Int, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    guard let place = places[block] else { return }
    unsafe try file.write(bytes, at: place * blockByteCount)
    state.withLock { $0.finished[place] = true }
  }

  /// Whether a block can be read.
  func isFinished(_ block: Int) -> Bool {
    guard let place = places[block] else { return false }
    return state.withLock { $0.finished[place] }
  }

  /// Fills a buffer with bytes of a block that is finished.
  func read(
    from offset: Int, of block: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    guard let place = places[block] else { return }
    unsafe try file.read(into: buffer, at: place * blockByteCount + offset)
  }
}
