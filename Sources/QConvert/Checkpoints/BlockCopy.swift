/// Where the elements of blocks are in a tensor.
struct BlockCopy {
  /// The axes of the tensor from the first that is longer than 1, and those of a block. What of a block lies
  /// beyond the tensor along the axes before follows all that is in it.
  private let shape: [Int]
  private let blockShape: [Int]
  private let grid: [Int]
  /// The elements of the tensor, and of a block, from one position along an axis to the next.
  private let strides: [Int]
  private let blockStrides: [Int]
  /// The axis along which a run of elements that are neighbours in both goes on; those after it are whole.
  private let runAxis: Int
  /// The elements of rows of blocks, and the blocks of one.
  private let rowLength: Int
  private let rowCount: Int

  init(_ storage: BlockStorage) {
    let first = min(storage.shape.firstIndex { $0 > 1 } ?? .max, storage.shape.count - 1)
    shape = Array(storage.shape[first...])
    blockShape = Array(storage.blockShape[first...])
    grid = Array(storage.grid[first...])
    strides = Self.strides(shape)
    blockStrides = Self.strides(blockShape)
    var axis = shape.count - 1
    // A block that reaches beyond the tensor has elements between those of its lines.
    while axis > 0, blockShape[axis] == shape[axis] { axis -= 1 }
    runAxis = axis
    rowLength = storage.rowLength
    rowCount = storage.rowBlockCount
  }

  private static func strides(_ shape: [Int]) -> [Int] {
    var strides = shape
    var stride = 1
    for axis in shape.indices.reversed() {
      strides[axis] = stride
      stride *= shape[axis]
    }
    return strides
  }

  /// The blocks, by their index in the grid, that may hold some of these elements.
  func blocks(touching elements: Range<Int>) -> Range<Int> {
    guard !elements.isEmpty else { return 0..<0 }
    return elements.lowerBound / rowLength * rowCount..<((elements.upperBound - 1) / rowLength + 1)
      * rowCount
  }

  /// A block of the tensor.
  struct Place {
    /// Where it begins along every axis, and where what of it is in the tensor ends.
    fileprivate var origin: [Int]
    fileprivate var end: [Int]
  }

  /// The place of a block by its index in the grid.
  func place(ofBlock block: Int) -> Place {
    var place = Place(origin: shape, end: shape)
    var rest = block
    for axis in shape.indices.reversed() {
      place.origin[axis] = rest % grid[axis] * blockShape[axis]
      place.end[axis] = min(place.origin[axis] + blockShape[axis], shape[axis])
      rest /= grid[axis]
    }
    return place
  }

  /// What of a block may be wanted, and whether that is one run that begins at an element of the tensor.
  struct Part {
    /// The elements, counted from the first of the block.
    var elements: Range<Int>
    var run: Int?
  }

  /// The part of a block from the first element wanted to the last; nil where none is.
  func part(_ place: Place, in wanted: Range<Int>) -> Part? {
    var tensor = 0
    var block = 0
    for axis in 0...runAxis {
      let positions = positions(place, axis, from: tensor, in: wanted)
      guard !positions.isEmpty else { return nil }
      tensor += positions.lowerBound * strides[axis]
      block += (positions.lowerBound - place.origin[axis]) * blockStrides[axis]
      guard axis < runAxis else {
        // The first position may be wanted in part, and the last.
        let run = (tensor..<tensor + positions.count * strides[axis]).clamped(to: wanted)
        let start = block + run.lowerBound - tensor
        return Part(elements: start..<start + run.count, run: run.lowerBound)
      }
      if positions.count > 1 {
        return Part(elements: block..<block + positions.count * blockStrides[axis], run: nil)
      }
    }
    return nil
  }

  /// Runs of elements that are neighbours in a block and in the tensor: where they are in the tensor, and
  /// where the first is in the block.
  func forEachRun(
    _ place: Place, in wanted: Range<Int>, _ body: (Range<Int>, _ start: Int) -> Void
  ) {
    forEachRun(place, 0, 0, 0, wanted, body)
  }

  private func forEachRun(
    _ place: Place, _ axis: Int, _ tensor: Int, _ block: Int, _ wanted: Range<Int>,
    _ body: (Range<Int>, _ start: Int) -> Void
  ) {
    let positions = positions(place, axis, from: tensor, in: wanted)
    guard !positions.isEmpty else { return }
    let (stride, blockStride) = (strides[axis], blockStrides[axis])
    var first = tensor + positions.lowerBound * stride
    var start = block + (positions.lowerBound - place.origin[axis]) * blockStride
    if axis == runAxis {
      let run = (first..<first + positions.count * stride).clamped(to: wanted)
      return body(run, start + run.lowerBound - first)
    }
    for _ in positions {
      forEachRun(place, axis + 1, first, start, wanted, body)
      first += stride
      start += blockStride
    }
  }

  /// The positions of a block along an axis whose elements may be wanted, `tensor` being the element where
  /// those of the axes before lead.
  private func positions(
    _ place: Place, _ axis: Int, from tensor: Int, in wanted: Range<Int>
  ) -> Range<Int> {
    let stride = strides[axis]
    let lower = max(wanted.lowerBound - tensor, 0) / stride
    let upper = (max(wanted.upperBound - tensor, 0) + stride - 1) / stride
    let bounds = place.origin[axis]..<place.end[axis]
    return (lower..<max(lower, upper)).clamped(to: bounds)
  }
}
