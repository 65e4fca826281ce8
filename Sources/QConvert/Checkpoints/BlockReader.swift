/// Reads elements of tensors that are stored in blocks, with memory it uses again.
final class BlockReader {
  private let decoder = BlockDecoder()
  private let scratch = Scratch<UInt8>()

  /// Fills a buffer with bytes of the elements. Blocks that several reads need are decoded once, where there
  /// is a place for them.
  func read(
    _ bytes: Range<Int>, of storage: BlockStorage, in file: InputFile,
    decoded: DecodedBlocks?, into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let target = unsafe BlockTarget(storage, bytes, buffer)
    var begunByOthers: [BlockTarget.Piece] = []
    let isSparse = storage.blocks.count < target.blocks.count
    // There may be as many blocks as elements, and next to none of them stored.
    if isSparse { unsafe buffer.fill(repeating: storage.fill, from: bytes.lowerBound) }
    let blocks =
      isSparse
      ? storage.blocks.keys.filter(target.blocks.contains).sorted() : Array(target.blocks)
    for block in blocks {
      guard let piece = target.piece(of: block) else { continue }
      guard let stored = storage.blocks[block] else {
        target.fill(piece, with: storage.fill)
        continue
      }
      if storage.isPlain(block) {
        guard stored.bytes.count == storage.blockByteCount else {
          throw FilterError.wrongLength(expected: storage.blockByteCount)
        }
        let start = stored.bytes.lowerBound + piece.bytes.lowerBound
        unsafe try target.put(piece, scratch) { room in unsafe try file.read(into: room, at: start)
        }
      } else if decoded?.begin(block) ?? true {
        try decode(piece, stored, storage, file, decoded, target)
      } else {
        begunByOthers.append(piece)
      }
    }
    guard let decoded else { return }
    for piece in begunByOthers {
      while !decoded.isFinished(piece.block), let next = decoded.beginNext(),
        let stored = storage.blocks[next]
      {
        let room = unsafe UnsafeMutableRawBufferPointer(scratch.reserve(storage.blockByteCount))
        unsafe try decoder.decode(stored, storage.filters, from: file, into: room)
        unsafe try decoded.finish(next, UnsafeRawBufferPointer(room))
      }
      if decoded.isFinished(piece.block) {
        unsafe try target.put(piece, scratch) { room in
          unsafe try decoded.read(from: piece.bytes.lowerBound, of: piece.block, into: room)
        }
      } else if let stored = storage.blocks[piece.block] {
        // Rather than wait for one that is at work on the last of them.
        try decode(piece, stored, storage, file, nil, target)
      }
    }
  }

  private func decode(
    _ piece: BlockTarget.Piece, _ stored: BlockStorage.Block, _ storage: BlockStorage,
    _ file: InputFile, _ decoded: DecodedBlocks?, _ target: BlockTarget
  ) throws {
    var whole = piece
    whole.bytes = 0..<storage.blockByteCount
    unsafe try target.put(whole, scratch) { room in
      unsafe try decoder.decode(stored, storage.filters, from: file, into: room)
      unsafe try decoded?.finish(piece.block, UnsafeRawBufferPointer(room))
    }
  }
}
