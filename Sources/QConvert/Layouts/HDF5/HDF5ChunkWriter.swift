import CHDF5
import SystemPackage

/// Adds the chunks to a file whose datasets have none yet.
///
/// The same chunks in the same order give the same bytes, at any time and place.
enum HDF5ChunkWriter {
  /// A dataset of the file.
  struct Dataset {
    let path: TensorName
    let grid: ChunkGrid
  }

  /// A chunk as it is stored, and the steps that were left out, a bit for each.
  typealias Chunk = (bytes: UnsafeRawBufferPointer, skipped: UInt32)

  /// Adds all chunks, dataset by dataset, each by its row-major index.
  ///
  /// - Parameters:
  ///   - datasets: The datasets in chunks.
  ///   - path: The file.
  ///   - chunk: Gives a chunk of a dataset, by their indices; used before the next is asked for.
  /// - Throws: `HDF5OutputError`, `HDF5Error.libraryUnusable`, or what `chunk` throws.
  static func write(
    _ datasets: [Dataset], to path: FilePath, chunk: (_ dataset: Int, _ chunk: Int) throws -> Chunk
  ) throws {
    try HDF5Library.run {
      Result {
        let file = try HDF5NewFile(extending: path)
        for (index, dataset) in datasets.enumerated() {
          unsafe try write(dataset, to: file) { unsafe try chunk(index, $0) }
        }
        try file.finish()
      }
    }.get()
  }

  private static func write(
    _ dataset: Dataset, to file: borrowing HDF5NewFile, _ chunk: (Int) throws -> Chunk
  ) throws {
    let handle = unsafe try HDF5Handle(
      qc_h5_open_dataset(file.id, dataset.path.string), at: dataset.path)
    let rank = Int32(clamping: dataset.grid.shape.count)
    for index in 0..<dataset.grid.chunkCount {
      let start = dataset.grid.start(ofChunk: index).map { UInt64(clamping: $0) }
      let stored = unsafe try chunk(index)
      guard
        unsafe qc_h5_write_chunk(
          handle.id, rank, start, stored.skipped, stored.bytes.baseAddress,
          UInt64(stored.bytes.count))
      else { throw HDF5OutputError.refused(at: dataset.path) }
    }
  }
}
