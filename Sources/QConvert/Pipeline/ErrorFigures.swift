#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How far dequantized values are from the original ones.
public struct ErrorFigures: Sendable {
  /// The largest absolute difference.
  public private(set) var maxError = 0.0
  /// Sums of slabs, added up in storage order so that figures do not depend on the workers.
  private var sums: [Int: Sums] = [:]

  struct Sums: Sendable {
    var maxError = 0.0
    var squaredError = 0.0
    var squaredSignal = 0.0
    var count = 0
  }

  mutating func add(_ slab: Sums, at index: Int) {
    maxError = max(maxError, slab.maxError)
    sums[index] = slab
  }

  private func total(_ quantity: KeyPath<Sums, Double>) -> Double {
    sums.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value[keyPath: quantity] }
  }

  /// The mean of the squared differences.
  public var meanSquaredError: Double {
    total(\.squaredError) / Double(max(sums.reduce(0) { $0 + $1.value.count }, 1))
  }

  /// The signal-to-quantization-noise ratio in dB: 10 log10(sum x² / sum (x - x')²); infinite when
  /// nothing is lost.
  public var signalToNoise: Double {
    let noise = total(\.squaredError)
    return noise == 0 ? .infinity : 10 * log10(total(\.squaredSignal) / noise)
  }
}
