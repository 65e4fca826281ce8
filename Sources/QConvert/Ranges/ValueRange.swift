/// The smallest and largest value of a group of elements.
public struct ValueRange: Hashable, Sendable {
  /// The lower bound.
  public var min: Double
  /// The upper bound.
  public var max: Double

  /// A range with these bounds.
  public init(min: Double, max: Double) {
    self.min = min
    self.max = max
  }

  /// The range of no values: every value widens it.
  public static let empty = ValueRange(min: .infinity, max: -.infinity)
}
