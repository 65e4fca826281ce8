import CKernels

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How far the values that a quantized tensor stands for are from the original ones.
public struct ErrorFigures: Sendable {
  /// The number of elements.
  public let count: Int
  /// The largest absolute difference.
  public let maxError: Double
  /// The mean of the squared differences.
  public let meanSquaredError: Double
  /// The signal-to-quantization-noise ratio in dB: 10 log10(sum x² / sum (x - x')²); infinite when
  /// nothing is lost.
  public let signalToNoise: Double
  /// The cosine of the angle between the original and the quantized tensor, 1 for the same direction; 1
  /// where both are zero, 0 where one is.
  public let cosineSimilarity: Double
  /// The share of elements, from 0 to 1, that lie beyond the largest or smallest value that a quantized
  /// element of their group can have.
  public let clippedShare: Double
  /// The smallest and the largest scale; nil where there is none.
  public let scales: ClosedRange<Float>?
  /// How a sample of the elements is spread, before and after; nil where there are none.
  public let histogram: Histogram?
}

extension ErrorFigures {
  /// The figures that follow from sums.
  init(_ total: ErrorSums) {
    let sums = total.sums
    count = total.count
    maxError = sums.largest
    meanSquaredError = sums.squared_error / Double(max(count, 1))
    signalToNoise =
      sums.squared_error == 0
      ? .infinity : 10 * log10(sums.squared_signal / sums.squared_error)
    // Each root by itself: the product of the squares may be beyond any number.
    let lengths = sums.squared_signal.squareRoot() * sums.squared_value.squareRoot()
    let isZero = sums.squared_signal == 0 && sums.squared_value == 0
    cosineSimilarity = lengths > 0 ? sums.product / lengths : isZero ? 1 : 0
    clippedShare = Double(sums.clipped) / Double(max(count, 1))
    scales = total.scales
    histogram = total.sample.histogram
  }
}

/// What error figures are made of.
struct ErrorSums: Sendable {
  var sums = qc_errors()
  var count = 0
  var scales: ClosedRange<Float>?
  var sample = ValueSample()

  init() {}

  /// The sums of all slabs, by number; they are added up in storage order, so that figures do not depend on
  /// the workers.
  init(_ slabs: [Int: ErrorSums]) {
    for (_, slab) in slabs.sorted(by: { $0.key < $1.key }) { add(slab) }
  }

  mutating func add(_ other: ErrorSums) {
    sums.squared_error += other.sums.squared_error
    sums.squared_signal += other.sums.squared_signal
    sums.squared_value += other.sums.squared_value
    sums.product += other.sums.product
    sums.largest = max(sums.largest, other.sums.largest)
    sums.clipped += other.sums.clipped
    count += other.count
    if let range = other.scales { observe(scales: range) }
    sample.add(other.sample)
  }

  /// The same for sums of several tensors, whose values have nothing to do with each other.
  var withoutSample: ErrorSums {
    var sums = self
    sums.sample = ValueSample()
    return sums
  }

  mutating func observe(scales range: ClosedRange<Float>) {
    scales =
      scales.map {
        min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound)
      } ?? range
  }
}
