/// Some elements of a tensor, before it is quantized and after.
///
/// About 2048 of them, one at a place of its own in each of as many stretches of equal length: the same ones
/// in every run.
struct ValueSample: Sendable {
  private(set) var before: [Float] = []
  private(set) var after: [Float] = []
  private static let size = 2048

  mutating func add(_ before: Float, _ after: Float) {
    self.before.append(before)
    self.after.append(after)
  }

  mutating func add(_ other: ValueSample) {
    before += other.before
    after += other.after
  }

  /// The indices of the elements in a part of a tensor that belong to its sample.
  static func indices(in elements: Range<Int>, of count: Int) -> [Int] {
    let stretch = max(count / size, 1)
    let first = elements.lowerBound / stretch
    let last = (elements.upperBound - 1) / stretch
    return (first...max(last, first)).map { number in
      // Knuth's multiplicative hash: elements in step with the columns would show only some of them.
      number * stretch + Int(UInt32(truncatingIfNeeded: number) &* 2_654_435_769 >> 8) % stretch
    }.filter(elements.contains)
  }

  /// How the values are spread; nil where there are none.
  var histogram: Histogram? { Histogram(before, after) }
}

/// How many values lie where, before and after.
public struct Histogram: Hashable, Sendable {
  /// The lower end of the first bin.
  public let low: Float
  /// The upper end of the last bin.
  public let high: Float
  /// The number of original values in every bin, all of one width.
  public let before: [Int]
  /// The number of quantized values in every bin.
  public let after: [Int]
  /// The number of bins.
  public static let binCount = 48

  /// Counts values; nil where there are none.
  init?(_ before: [Float], _ after: [Float]) {
    let all = before + after
    guard let low = all.min(), let high = all.max() else { return nil }
    func count(_ values: [Float]) -> [Int] {
      var bins = [Int](repeating: 0, count: Self.binCount)
      // As doubles: the width of all floats is no float.
      let width = (Double(high) - Double(low)) / Double(Self.binCount)
      for value in values {
        let bin = width > 0 ? Int((Double(value) - Double(low)) / width) : 0
        bins[min(max(bin, 0), Self.binCount - 1)] += 1
      }
      return bins
    }
    self.init(low: low, high: high, before: count(before), after: count(after))
  }

  init(low: Float, high: Float, before: [Int], after: [Int]) {
    self.low = low
    self.high = high
    self.before = before
    self.after = after
  }
}
