/// The parameters of consecutive groups, as one array per quantity.
@safe
struct GroupQParams {
  /// The number of the first group.
  let first: Int
  let scale: UnsafeMutableBufferPointer<Float>
  let zero: UnsafeMutableBufferPointer<Int32>
  let minval: UnsafeMutableBufferPointer<Float>

  var count: Int { unsafe scale.count }
}

/// The memory behind ``GroupQParams``.
final class QParamsScratch {
  private let scale = Scratch<Float>()
  private let zero = Scratch<Int32>()
  private let minval = Scratch<Float>()

  /// Room for the parameters of these groups.
  func reserve(_ groups: Range<Int>) -> GroupQParams {
    unsafe GroupQParams(
      first: groups.lowerBound, scale: scale.reserve(groups.count),
      zero: zero.reserve(groups.count), minval: minval.reserve(groups.count))
  }

  /// Room for these groups, filled from finished parameters that cover them.
  func copy(_ groups: Range<Int>, of table: QParamsTable) -> GroupQParams {
    let copy = reserve(groups)
    let indices = groups.shifted(by: -table.first)
    _ = unsafe copy.scale.update(fromContentsOf: table.scale[indices])
    _ = unsafe copy.zero.update(fromContentsOf: table.zero[indices])
    _ = unsafe copy.minval.update(fromContentsOf: table.minval[indices])
    return copy
  }
}

/// Finished parameters of consecutive groups, shared between workers.
struct QParamsTable: Sendable {
  let first: Int
  private(set) var scale: [Float] = []
  private(set) var zero: [Int32] = []
  private(set) var minval: [Float] = []

  /// A table to append to.
  init(first: Int, capacity: Int) {
    self.first = first
    scale.reserveCapacity(capacity)
    zero.reserveCapacity(capacity)
    minval.reserveCapacity(capacity)
  }

  var groups: Range<Int> { first..<first + scale.count }

  /// Adds the groups that follow.
  mutating func append(_ next: GroupQParams) {
    unsafe scale.append(contentsOf: next.scale)
    unsafe zero.append(contentsOf: next.zero)
    unsafe minval.append(contentsOf: next.minval)
  }
}
