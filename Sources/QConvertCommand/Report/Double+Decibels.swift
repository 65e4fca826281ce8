#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Double {
  /// A ratio in dB.
  var decibels: String { isFinite ? "\(formatted(digits: 1)) dB" : "lossless" }

  /// The error beside the signal, as a share of its root mean square, for a ratio in dB.
  var noiseShare: Double { pow(10, -self / 20) }
}
