#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Which tensors of a checkpoint are quantized: weights, and what patterns add or take away.
///
/// A weight is a floating-point tensor of two or more axes whose name is `weight` or ends in `.weight`,
/// as the reference's `op_state_spec: {weight: ...}` selects.
public struct TensorSelection: Hashable, Sendable {
  /// Glob patterns; a floating-point tensor with one axis or more whose name matches is quantized too.
  public var include: [String]
  /// Glob patterns; a tensor whose name matches is copied, whatever else holds.
  public var exclude: [String]

  /// A selection by patterns.
  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include
    self.exclude = exclude
  }

  /// Why a tensor is copied; nil when it is to be quantized.
  func reasonToCopy(_ tensor: TensorDescriptor) -> CopyReason? {
    guard FloatPrecision(tensor.dtype) != nil else { return .notFloat(tensor.dtype) }
    if let pattern = exclude.first(where: { matches(tensor.name, $0) }) {
      return .excluded(pattern)
    }
    if tensor.bytes.isEmpty { return .empty }
    if !tensor.shape.isEmpty, include.contains(where: { matches(tensor.name, $0) }) { return nil }
    guard tensor.name.parameter == "weight" else { return .notAWeight }
    return tensor.shape.count < 2 ? .rank(tensor.shape.count) : nil
  }

  /// The patterns that match no tensor at all.
  func unmatchedPatterns(in tensors: [TensorDescriptor]) -> [String] {
    (include + exclude).filter { pattern in
      !tensors.contains { matches($0.name, pattern) }
    }
  }

  private func matches(_ name: TensorName, _ pattern: String) -> Bool {
    unsafe fnmatch(pattern, name.string, 0) == 0
  }
}

/// Why a tensor was never meant to be quantized.
public enum CopyReason: Hashable, Sendable {
  case notFloat(DType)
  case notAWeight
  case rank(Int)
  case empty
  case excluded(String)
  /// In a file that is already quantized: not one of its quantized tensors.
  case notQuantized
}

extension CopyReason: CustomStringConvertible {
  /// The reason in a few words.
  public var description: String {
    switch self {
    case .notFloat(let dtype): "\(dtype) is not a float type that can be quantized"
    case .notAWeight: "not named weight"
    case .rank(let rank): rank == 0 ? "a scalar" : "\(rank) axis only"
    case .empty: "no elements"
    case .excluded(let pattern): "excluded by \(pattern)"
    case .notQuantized: "was not quantized"
    }
  }
}
