/// A buffer for elements of a tensor, as the blocks that hold them see it.
@safe
struct BlockTarget {
  private let copy: BlockCopy
  private let size: Int
  private let bytes: Range<Int>
  private let wanted: Range<Int>
  private let buffer: UnsafeMutableRawBufferPointer

  /// What of a block is wanted.
  struct Piece {
    let block: Int
    let place: BlockCopy.Place
    /// From the first byte to the last, counted from the start of the block.
    var bytes: Range<Int>
    /// Where it goes, if it is one run of elements.
    fileprivate let run: Range<Int>?
  }

  /// The buffer for these bytes of a tensor.
  init(
    _ storage: BlockStorage, _ bytes: Range<Int>, _ buffer: UnsafeMutableRawBufferPointer
  ) {
    copy = BlockCopy(storage)
    size = storage.elementSize
    self.bytes = bytes
    wanted = bytes.lowerBound / size..<(bytes.upperBound + size - 1) / size
    unsafe self.buffer = unsafe buffer
  }

  /// The blocks that may hold something wanted.
  var blocks: Range<Int> { copy.blocks(touching: wanted) }

  /// What of a block is wanted; nil where nothing is.
  func piece(of block: Int) -> Piece? {
    let place = copy.place(ofBlock: block)
    guard let part = copy.part(place, in: wanted) else { return nil }
    return Piece(
      block: block, place: place, bytes: part.elements.scaled(by: size),
      run: part.run.map { ($0..<$0 + part.elements.count).scaled(by: size) })
  }

  /// Takes bytes of a block from whoever fills a room with them; where they are one run that is wanted
  /// as it is, the room is where they belong.
  func put(
    _ piece: Piece, _ scratch: Scratch<UInt8>,
    _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    if let run = piece.run, run.count == piece.bytes.count, run.clamped(to: bytes) == run {
      return unsafe try fill(part(run))
    }
    let room = unsafe UnsafeMutableRawBufferPointer(scratch.reserve(piece.bytes.count))
    unsafe try fill(room)
    forEachRun(piece) { run, start in
      let first = start - piece.bytes.lowerBound
      unsafe part(run).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: room[first..<first + run.count]))
    }
  }

  /// Fills what of a block is wanted with one element again and again.
  func fill(_ piece: Piece, with element: [UInt8]) {
    forEachRun(piece) { run, _ in unsafe part(run).fill(repeating: element, from: run.lowerBound) }
  }

  /// Runs of bytes in the tensor, and where the first is in the block.
  private func forEachRun(_ piece: Piece, _ body: (Range<Int>, _ start: Int) -> Void) {
    copy.forEachRun(piece.place, in: wanted) { elements, start in
      // The first element wanted may be wanted in part, and the last.
      let whole = elements.scaled(by: size)
      let run = whole.clamped(to: bytes)
      body(run, start * size + run.lowerBound - whole.lowerBound)
    }
  }

  private func part(_ run: Range<Int>) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      rebasing: buffer[run.lowerBound - bytes.lowerBound..<run.upperBound - bytes.lowerBound])
  }
}
