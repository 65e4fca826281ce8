#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Patterns that take tensors out of the hands of the configuration, or put them into them.
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

  /// The first pattern that includes a tensor.
  func includingPattern(_ name: TensorName) -> String? {
    include.first { matches(name, $0) }
  }

  /// The first pattern that excludes a tensor.
  func excludingPattern(_ name: TensorName) -> String? {
    exclude.first { matches(name, $0) }
  }

  /// The patterns that match no tensor at all.
  func unmatchedPatterns(in names: some Collection<TensorName>) -> [String] {
    (include + exclude).filter { pattern in !names.contains { matches($0, pattern) } }
  }

  /// The patterns that include nothing that can be quantized.
  func idlePatterns(
    _ tensors: [TensorDescriptor], _ verdicts: [TensorVerdict]
  ) -> [String] {
    include.filter { pattern in
      !zip(tensors, verdicts).contains { $1.decision.spec != nil && matches($0.name, pattern) }
    }
  }

  private func matches(_ name: TensorName, _ pattern: String) -> Bool {
    // To fnmatch a NUL is the end of the name.
    let text = name.string.utf8.contains(0) ? name.string.map { $0 == "\0" ? "\u{2400}" : $0 } : nil
    return unsafe fnmatch(pattern, text.map { String($0) } ?? name.string, 0) == 0
  }
}

/// Why a tensor was never meant to be quantized.
public enum CopyReason: Hashable, Sendable {
  case notFloat(DType)
  /// In a GGUF file: blocks of quantized values.
  case blocks(GGMLType)
  case notAWeight
  /// The configuration says nothing of a parameter of this name.
  case notNamed(TensorName)
  /// In a file that tells of layers: no kernel and no embedding.
  case notALayerWeight
  /// What an optimizer keeps.
  case optimizerState
  case rank(Int)
  case empty
  case excluded(String)
  /// There are patterns that include others.
  case notIncluded
  /// The configuration says so.
  case switchedOff
  /// A quantized weight already, as the scale beside it tells.
  case alreadyQuantized(DType, scale: TensorName)
  /// A scale or another parameter of a weight that is quantized already.
  case parameter(of: TensorName)
  /// In a file that is already quantized: not one of its quantized tensors.
  case notQuantized
  /// The layout has its own reason.
  case layout(String)
}

extension CopyReason: CustomStringConvertible {
  /// The reason in a few words.
  public var description: String {
    switch self {
    case .notFloat(let dtype): "\(dtype) is not a float type that can be quantized"
    case .blocks(let type): "already quantized: blocks of type \(type)"
    case .notAWeight: "not named weight"
    case .notNamed(let parameter): "no setting for \(parameter)"
    case .notALayerWeight: "no weight of a layer"
    case .optimizerState: "state of an optimizer"
    case .rank(let rank): rank == 0 ? "a scalar" : "\(rank) axis only"
    case .empty: "no elements"
    case .excluded(let pattern): "excluded by \(pattern)"
    case .notIncluded: "not included"
    case .switchedOff: "switched off"
    case .alreadyQuantized(let dtype, let scale):
      "already quantized: \(dtype) with the scale \(scale)"
    case .parameter(let weight): "belongs to \(weight), already quantized"
    case .notQuantized: "was not quantized"
    case .layout(let reason): reason
    }
  }
}
