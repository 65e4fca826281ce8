extension ErrorFigures {
  /// The figures under the names that reports have for them.
  var members: [JSONValue.Member] {
    func number(_ value: Double?) -> JSONValue {
      value.map { $0.isFinite ? .number($0) : .null } ?? .null
    }
    return [
      .init(name: "elements", value: .integer(count)),
      .init(name: "max_error", value: number(maxError)),
      .init(name: "mse", value: number(meanSquaredError)),
      // Null where nothing is lost.
      .init(name: "sqnr_db", value: number(signalToNoise)),
      .init(name: "cosine", value: number(cosineSimilarity)),
      .init(name: "clipped", value: number(clippedShare)),
      .init(name: "scale_min", value: number(scales.map { Double($0.lowerBound) })),
      .init(name: "scale_max", value: number(scales.map { Double($0.upperBound) })),
    ]
  }

  /// The figures as a JSON object: elements, max_error, mse, sqnr_db (null where nothing is lost), cosine,
  /// clipped, scale_min, scale_max.
  var json: JSONValue { .object(members) }

  /// The figures that ``json`` has, with a histogram under its own name.
  init?(json: JSONValue) {
    guard let count = json["elements"]?.integer, let maxError = json["max_error"]?.number,
      let meanSquaredError = json["mse"]?.number, let sqnr = json["sqnr_db"],
      let cosine = json["cosine"]?.number, let clipped = json["clipped"]?.number
    else { return nil }
    self.count = count
    self.maxError = maxError
    self.meanSquaredError = meanSquaredError
    signalToNoise = sqnr.number ?? .infinity
    cosineSimilarity = cosine
    clippedShare = clipped
    if let low = json["scale_min"]?.number, let high = json["scale_max"]?.number, low <= high {
      scales = Float(low)...Float(high)
    } else {
      scales = nil
    }
    histogram = json["histogram"].flatMap(Histogram.init(json:))
  }
}

extension Histogram {
  /// The histogram as a JSON object: low, high, before, after.
  var json: JSONValue {
    .object([
      "low": .number(Double(low)), "high": .number(Double(high)),
      "before": .array(before.map(JSONValue.integer)),
      "after": .array(after.map(JSONValue.integer)),
    ])
  }

  init?(json: JSONValue) {
    guard let low = json["low"]?.number, let high = json["high"]?.number,
      let before = json["before"]?.elements?.compactMap(\.integer),
      let after = json["after"]?.elements?.compactMap(\.integer),
      before.count == Self.binCount, after.count == Self.binCount
    else { return nil }
    self.init(low: Float(low), high: Float(high), before: before, after: after)
  }
}
