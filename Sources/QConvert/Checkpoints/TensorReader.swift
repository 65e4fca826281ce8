public import SystemPackage

/// Reads elements of tensors in whatever form they are stored, row-major and little endian, with memory it
/// uses again.
final class TensorReader {
  private let decoder = BlockDecoder()

  /// Fills a buffer with bytes of the elements, counted from the first of the tensor; where elements have
  /// a form of their own, whole ones.
  func read(
    _ bytes: Range<Int>, of source: StoredTensor, into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    switch source.descriptor.storage {
    case .contiguous(let range):
      unsafe try source.file.read(into: buffer, at: range.lowerBound + bytes.lowerBound)
    case .encoded(let storage):
      do {
        unsafe try read(bytes, of: storage, source.file, into: buffer)
      } catch let error as FilterError {
        throw DatasetError(path: source.file.path, tensor: source.descriptor.name, reason: error)
      }
    }
  }

  private func read(
    _ bytes: Range<Int>, of storage: EncodedStorage, _ file: InputFile,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    switch storage {
    case .contiguous(let range):
      unsafe try file.read(into: buffer, at: range.lowerBound + bytes.lowerBound)
    case .inline(let values):
      unsafe values.withUnsafeBytes { values in
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: values[bytes]))
      }
    case .constant(let element):
      for index in 0..<buffer.count {
        unsafe buffer[index] = element[(bytes.lowerBound + index) % element.count]
      }
    case .blocks(let blocks):
      unsafe try read(bytes, of: blocks, file, into: buffer)
    case .bigEndian(let storage, let size):
      unsafe try read(bytes, of: storage, file, into: buffer)
      for start in stride(from: 0, to: buffer.count, by: size) {
        for (low, high) in zip(start..<start + size / 2, (start..<start + size).reversed()) {
          unsafe buffer.swapAt(low, high)
        }
      }
    }
  }

  /// Decodes all blocks that hold some of the elements and copies what of them is wanted.
  private func read(
    _ bytes: Range<Int>, of storage: BlockStorage, _ file: InputFile,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let size = storage.elementSize
    let wanted = bytes.lowerBound / size..<(bytes.upperBound + size - 1) / size
    let copy = BlockCopy(storage)
    for block in copy.blocks(touching: wanted) {
      let decoded = unsafe try storage.blocks[block].map { stored in
        unsafe try decoder.decode(
          stored, storage.filters, byteCount: storage.blockByteCount, from: file)
      }
      copy.forEachRun(ofBlock: block, in: wanted) { run, start in
        // The first element wanted may be wanted in part, and the last.
        let part = (run.lowerBound * size..<run.upperBound * size).clamped(to: bytes)
        let target = unsafe UnsafeMutableRawBufferPointer(
          rebasing: buffer[part.lowerBound - bytes.lowerBound..<part.upperBound - bytes.lowerBound])
        if let source = unsafe decoded {
          let first = start * size + part.lowerBound - run.lowerBound * size
          unsafe target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[first..<first + part.count]))
        } else {
          for index in 0..<part.count {
            unsafe target[index] = storage.fill[(part.lowerBound + index) % size]
          }
        }
      }
    }
  }
}

/// Where the elements of blocks are in a tensor.
struct BlockCopy {
  private let shape: [Int]
  private let blockShape: [Int]
  private let grid: [Int]
  /// The axis along which a run of elements that are neighbours in both goes on; those after it are whole.
  private let runAxis: Int
  /// The elements of the axes after it.
  private let inner: Int

  init(_ storage: BlockStorage) {
    shape = storage.shape
    blockShape = storage.blockShape
    grid = storage.grid
    var axis = shape.count - 1
    var inner = 1
    // A block that reaches beyond the tensor has elements between those of its lines.
    while axis > 0, blockShape[axis] == shape[axis] {
      inner *= shape[axis]
      axis -= 1
    }
    runAxis = axis
    self.inner = inner
  }

  /// The blocks, by their index in the grid, that may hold some of these elements.
  func blocks(touching elements: Range<Int>) -> Range<Int> {
    guard !elements.isEmpty else { return 0..<0 }
    let row = blockShape[0] * shape.dropFirst().reduce(1, *)
    let perRow = grid.dropFirst().reduce(1, *)
    return elements.lowerBound / row * perRow..<((elements.upperBound - 1) / row + 1) * perRow
  }

  /// Runs of elements that are neighbours in a block and in the tensor: where they are in the tensor, and
  /// where the first is in the block.
  func forEachRun(
    ofBlock block: Int, in wanted: Range<Int>, _ body: (Range<Int>, _ start: Int) throws -> Void
  ) rethrows {
    var origin = [Int](repeating: 0, count: shape.count)
    var rest = block
    for axis in shape.indices.reversed() {
      origin[axis] = rest % grid[axis] * blockShape[axis]
      rest /= grid[axis]
    }
    let length = min(blockShape[runAxis], shape[runAxis] - origin[runAxis]) * inner
    let outer = (0..<runAxis).map { min(blockShape[$0], shape[$0] - origin[$0]) }
    for line in 0..<outer.reduce(1, *) {
      var rest = line
      var inTensor = 0
      var inBlock = 0
      var tensorStride = inner * shape[runAxis]
      var blockStride = inner * blockShape[runAxis]
      for axis in (0..<runAxis).reversed() {
        let position = rest % outer[axis]
        rest /= outer[axis]
        inTensor += (origin[axis] + position) * tensorStride
        inBlock += position * blockStride
        tensorStride *= shape[axis]
        blockStride *= blockShape[axis]
      }
      inTensor += origin[runAxis] * inner
      let run = (inTensor..<inTensor + length).clamped(to: wanted)
      if !run.isEmpty { try body(run, inBlock + run.lowerBound - inTensor) }
    }
  }
}

/// Why the elements of a tensor cannot be read.
public struct DatasetError: Error, Sendable {
  /// The file.
  public let path: FilePath
  /// The tensor.
  public let tensor: TensorName
  /// What is wrong with one of its blocks.
  let reason: FilterError
}

extension DatasetError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    let what =
      switch reason {
      case .damagedStream: "a chunk is no zlib stream, or a damaged one"
      case .wrongLength(let expected): "a chunk does not inflate to its \(expected) bytes"
      case .checksum(let expected, let found):
        "the checksum of a chunk is \(found), stored is \(expected)"
      }
    return "\(path): dataset \(tensor): \(what)"
  }
}
