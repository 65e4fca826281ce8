import Synchronization

/// Reads elements of tensors that are stored in blocks, with memory it uses again: up to three times what a
/// block takes, and for large ones no more than that of all readers together.
final class BlockReader {
  /// Blocks of more bytes are decoded one at a time.
  static let largeBlock = 16 << 20
  /// What is stored, and twice what is decoded.
  static let bytesPerBlockByte = 3
  private static let turn = Mutex(())

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
        try takingTurns(storage) {
          let room = unsafe UnsafeMutableRawBufferPointer(scratch.reserve(storage.blockByteCount))
          unsafe try decoder.decode(stored, storage.filters, from: file, into: room)
          unsafe try decoded.finish(next, UnsafeRawBufferPointer(room))
        }
      }
      // Rather than wait for one that is at work on the last of them, decode it, too.
      if decoded.isFinished(piece.block) {
        try read(piece, decoded, target)
      } else if let stored = storage.blocks[piece.block] {
        try decode(piece, stored, storage, file, decoded, target)
      }
    }
  }

  private func read(
    _ piece: BlockTarget.Piece, _ decoded: DecodedBlocks, _ target: BlockTarget
  ) throws {
    unsafe try target.put(piece, scratch) { room in
      unsafe try decoded.read(from: piece.bytes.lowerBound, of: piece.block, into: room)
    }
  }

  private func decode(
    _ piece: BlockTarget.Piece, _ stored: BlockStorage.Block, _ storage: BlockStorage,
    _ file: InputFile, _ decoded: DecodedBlocks?, _ target: BlockTarget
  ) throws {
    var whole = piece
    whole.bytes = 0..<storage.blockByteCount
    try takingTurns(storage) {
      if let decoded, decoded.isFinished(piece.block) { return try read(piece, decoded, target) }
      unsafe try target.put(whole, scratch) { room in
        unsafe try decoder.decode(stored, storage.filters, from: file, into: room)
        unsafe try decoded?.finish(piece.block, UnsafeRawBufferPointer(room))
      }
    }
  }

  /// Decodes a block of a tensor; a large one when no other is being decoded, without keeping the memory.
  private func takingTurns(_ storage: BlockStorage, _ body: () throws -> Void) throws {
    guard storage.blockByteCount > Self.largeBlock else { return try body() }
    try Self.turn.withLock { _ in
      defer {
        scratch.release()
        decoder.release()
      }
      try body()
    }
  }
}
