import Foundation

/// A file of metrics, made without the code under test.
struct MetricsFile {
  var tensors: [[String: Any]] = []
  var layout = "native"

  /// Adds a tensor that is quantized; nothing is lost where there is no ratio.
  mutating func add(
    _ name: String, ratio: Double?, bytes: (Int, Int) = (500, 125), maxError: Double = 0.5,
    cosine: Double = 0.8, clipped: Double = 0.25
  ) {
    // Sixteen steps of three bins: 0, 1, ... 15.
    let bins = (0..<48).map { $0 % 3 == 0 ? $0 / 3 : 0 }
    var metrics: [String: Any] = [
      "elements": 8, "max_error": maxError, "mse": 0.01, "cosine": cosine, "clipped": clipped,
      "scale_min": 0.5, "scale_max": 1, "sqnr_db": NSNull(),
      "histogram": ["low": -1, "high": 1, "before": bins, "after": bins] as [String: Any],
    ]
    if let ratio { metrics["sqnr_db"] = ratio }
    add(name, "int4 symmetric zp per_tensor", bytes, metrics)
  }

  /// Adds a tensor that is copied.
  mutating func add(_ name: String, copied reason: String, byteCount: Int = 1000) {
    add(name, reason, (byteCount, byteCount), nil)
  }

  private mutating func add(
    _ name: String, _ treatment: String, _ bytes: (Int, Int), _ metrics: [String: Any]?
  ) {
    var tensor: [String: Any] = [
      "name": name, "index": tensors.count, "dtype": "F32", "shape": [2, 4],
      "treatment": treatment, "bytes_in": bytes.0, "bytes_out": bytes.1,
    ]
    tensor["metrics"] = metrics
    tensors.append(tensor)
  }

  /// The file.
  func bytes() throws -> [UInt8] {
    var report: [String: Any] = [
      "format_version": 1, "input": "/models/tiny/model.safetensors",
      "output": "/models/tiny/model.int4.safetensors", "layout": layout, "bytes_in": 4000,
      "bytes_out": 1000, "tensors": tensors,
    ]
    if tensors.contains(where: { $0["metrics"] != nil }) {
      report["total"] =
        [
          "elements": 24, "max_error": 0.5, "mse": 0.01, "sqnr_db": 15, "cosine": 0.9,
          "clipped": 0.25,
        ] as [String: Any]
    }
    return [UInt8](try JSONSerialization.data(withJSONObject: report))
  }
}
