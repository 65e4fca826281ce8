import QConvert

/// What the signal-to-noise ratio of a tensor says, given its type.
enum Quality: String, CaseIterable {
  case fine, watch, suffers

  /// The quality of a ratio; of types that are unknown only the bad is certain.
  init(_ signalToNoise: Double, _ thresholds: Thresholds?) {
    let fine = thresholds?.fine ?? Thresholds.floor
    let watch = thresholds?.watch ?? Thresholds.floor
    self = signalToNoise >= fine ? .fine : signalToNoise >= watch ? .watch : .suffers
  }

  /// The word for so many tensors.
  func label(_ count: Int) -> String {
    switch self {
    case .fine: "fine"
    case .watch: "to watch"
    case .suffers: count == 1 ? "suffers" : "suffer"
    }
  }

  /// The ratios in dB from which on a type counts as fine, and as one to watch.
  struct Thresholds {
    /// What weights spread like a bell curve reach, with a scale a channel.
    let expected: Int
    /// Below it the error is a third of the weights, whatever the type.
    static let floor = 10.0

    /// A bit of an integer, or of a mantissa, is worth 6 dB. The range of a bell curve takes what an integer's
    /// sign bit is worth; a float's noise goes with the value.
    init(_ dtype: QuantizedDType) {
      expected =
        switch dtype {
        // So few steps do worse than the rule.
        case .int1, .uint1: 1
        case .int2, .uint2: 4
        case .float8E4M3: 6 * 3 + 13
        case .float8E5M2: 6 * 2 + 13
        case .float4E2M1: 6 * 1 + 13
        default: 6 * dtype.bitWidth - 6
        }
    }

    var fine: Double { max(Double(expected) - 2, Self.floor) }
    var watch: Double { max(Double(expected) - 8, Self.floor) }
  }
}

extension MetricsReport.Tensor {
  /// The type it is quantized to: its spec begins with it.
  var quantizedDType: QuantizedDType? {
    treatment.split(separator: " ").first.flatMap { QuantizedDType(rawValue: String($0)) }
  }
}

extension MetricsReport {
  /// How many tensors are of each quality.
  var qualities: [(quality: Quality, count: Int)] {
    var counts: [Quality: Int] = [:]
    for (tensor, figures) in worstFirst {
      let thresholds = tensor.quantizedDType.map { Quality.Thresholds($0) }
      counts[Quality(figures.signalToNoise, thresholds), default: 0] += 1
    }
    return Quality.allCases.map { ($0, counts[$0] ?? 0) }
  }

  /// The share of the tensor bytes that are quantized, from 0 to 1; 0 where there are none.
  var coverage: Double {
    let total = tensors.reduce(0.0) { $0 + Double($1.inputByteCount) }
    let quantized = tensors.reduce(0.0) {
      $0 + ($1.figures == nil ? 0 : Double($1.inputByteCount))
    }
    return total > 0 ? quantized / total : 0
  }

  /// What is left of the size, in percent.
  var sizeShare: Double {
    100 * Double(outputByteCount) / Double(max(inputByteCount, 1))
  }
}
