import Synchronization
import SystemPackage

/// The files of a plan of which some hold chunks, whose size shows only when they are made.
///
/// What is known beforehand and what is not in chunks goes to its place at once. Chunks are made by the worker
/// that puts the last byte of their band, wait in a file without a name, and are added at the end, in the order
/// of the plan: the output is the same whatever worker made which chunk when.
final class ChunkSink: OutputSink {
  let place: FilePath
  private let files: FileSink
  private let spool: SpoolFile
  /// The entries in chunks in the order of the plan.
  private let entries: [PlannedEntry]
  private let gatherers: [TensorName: BandGatherer]
  private let chunks: Mutex<[TensorName: [SpooledChunk]]>
  /// Memory of workers that are not making chunks.
  private let encoders = Mutex<[ChunkEncoder]>([])

  /// Takes over what the files were created for; where that fails they are given up.
  init(_ plan: ConversionPlan, into files: FileSink, at output: FilePath) throws {
    self.files = files
    place = output
    entries = (plan.tensors.flatMap(\.entries) + plan.closingEntries).filter { $0.grid != nil }
    var gatherers: [TensorName: BandGatherer] = [:]
    var chunks: [TensorName: [SpooledChunk]] = [:]
    for planned in entries {
      guard let grid = planned.grid else { continue }
      gatherers[planned.entry.name] = BandGatherer(grid)
      chunks[planned.entry.name] = Array(repeating: SpooledChunk(), count: grid.chunkCount)
    }
    self.gatherers = gatherers
    self.chunks = Mutex(chunks)
    do {
      spool = try SpoolFile(for: output)
    } catch {
      throw files.abandon(after: error)
    }
  }

  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws {
    guard let gatherer = gatherers[entry.entry.name] else {
      return try unsafe files.put(bytes, entry, at: offset)
    }
    try unsafe gatherer.put(bytes, at: offset) { band, bytes in
      try unsafe store(bytes, band: band, of: gatherer.grid, entry.entry.name)
    }
  }

  /// Makes the chunks of a band.
  private func store(
    _ bytes: UnsafeRawBufferPointer, band: Int, of grid: ChunkGrid, _ name: TensorName
  ) throws {
    let encoder = encoders.withLock { $0.popLast() } ?? ChunkEncoder()
    defer { encoders.withLock { $0.append(encoder) } }
    for index in grid.chunks(ofBand: band) {
      let (stored, skipped) = unsafe encoder.encode(chunk: index, of: grid, band: band, bytes)
      let chunk = SpooledChunk(
        offset: unsafe try spool.append(stored), byteCount: stored.count, skipped: skipped)
      chunks.withLock { $0[name]?[index] = chunk }
    }
  }

  func commit() throws {
    let chunks = chunks.withLock { $0 }
    try FreeSpace.check(
      for: place,
      needed: chunks.values.reduce(0) { $1.reduce($0) { $0 + $1.byteCount } })
    let buffer = Scratch<UInt8>()
    for file in Set(entries.map(\.file)).sorted() {
      let planned = entries.filter { $0.file == file }
      let datasets = planned.compactMap { entry in
        entry.grid.map { grid in
          (
            HDF5ChunkWriter.Dataset(path: HDF5Name.encode(entry.entry.name), grid: grid),
            chunks[entry.entry.name] ?? []
          )
        }
      }
      try files.extend(file: file) { path in
        unsafe try HDF5ChunkWriter.write(datasets.map(\.0), to: path) { dataset, index in
          let chunk = datasets[dataset].1[index]
          let bytes = unsafe UnsafeMutableRawBufferPointer(buffer.reserve(chunk.byteCount))
          unsafe try spool.read(into: bytes, at: chunk.offset)
          return (UnsafeRawBufferPointer(bytes), chunk.skipped)
        }
      }
    }
    try files.commit()
  }

  let finished: Set<Int> = []

  var storedByteCounts: [TensorName: Int] {
    chunks.withLock { $0.mapValues { $0.reduce(0) { $0 + $1.byteCount } } }
  }

  func abandon(after error: any Error) -> any Error { files.abandon(after: error) }
}

/// A chunk in the file where they wait.
private struct SpooledChunk: Sendable {
  var offset = 0
  var byteCount = 0
  /// The steps that were left out, a bit for each.
  var skipped: UInt32 = 0
}

/// What a worker makes chunks with.
///
/// Not safe to share: ``ChunkSink`` sees to it that one thread at a time has it.
private final class ChunkEncoder: @unchecked Sendable {
  private let cutter = ChunkCutter()
  private let encoder = BlockEncoder()

  /// A chunk of a band as it is stored.
  func encode(
    chunk index: Int, of grid: ChunkGrid, band: Int, _ bytes: UnsafeRawBufferPointer
  ) -> (bytes: UnsafeRawBufferPointer, skipped: UInt32) {
    unsafe encoder.encode(
      cutter.cut(chunk: index, of: grid, band: band, bytes), grid.steps,
      elementSize: grid.elementSize)
  }
}
