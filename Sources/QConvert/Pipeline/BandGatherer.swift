import Synchronization

/// Puts the slabs of an entry together to bands of chunks.
///
/// Slabs come about in order, so that no more than two bands are begun for each worker: the one it is at, and the
/// one that the slabs before its own share with them. A slab that is a whole band is not copied.
final class BandGatherer: Sendable {
  let grid: ChunkGrid
  private let bands = Mutex<[Int: Band]>([:])

  /// A band of which some bytes are there.
  private struct Band {
    let memory: BandMemory
    var missing: Int
  }

  init(_ grid: ChunkGrid) {
    self.grid = grid
  }

  /// Takes bytes of the entry, from an offset on, none of them twice; `complete` gets every band whose last
  /// bytes these are.
  func put(
    _ bytes: UnsafeRawBufferPointer, at offset: Int,
    complete: (_ band: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let range = offset..<offset + bytes.count
    for index in grid.bands(touching: range) {
      let place = grid.bytes(ofBand: index)
      let part = place.clamped(to: range)
      let source = unsafe UnsafeRawBufferPointer(
        rebasing: bytes[part.lowerBound - offset..<part.upperBound - offset])
      if part == place {
        try unsafe complete(index, source)
        continue
      }
      let memory = bands.withLock { bands in
        if let band = bands[index] { return band.memory }
        let memory = BandMemory(place.count)
        bands[index] = Band(memory: memory, missing: place.count)
        return memory
      }
      unsafe memory.copy(source, to: part.lowerBound - place.lowerBound)
      let isComplete = bands.withLock { bands in
        bands[index]?.missing -= part.count
        guard bands[index]?.missing == 0 else { return false }
        bands[index] = nil
        return true
      }
      if isComplete { unsafe try memory.withBytes { bytes in unsafe try complete(index, bytes) } }
    }
  }
}

/// The bytes of a band.
///
/// Parts that do not overlap are written by any thread, all is read by the one that knows them written.
@safe
private final class BandMemory: @unchecked Sendable {
  private let buffer: UnsafeMutableRawBufferPointer

  init(_ byteCount: Int) {
    unsafe buffer = .allocate(byteCount: byteCount, alignment: 16)
  }

  deinit {
    unsafe buffer.deallocate()
  }

  /// Calls a function with all bytes; they are there as long as it runs.
  func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    unsafe try body(UnsafeRawBufferPointer(buffer))
  }

  func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(from: bytes)
  }
}
