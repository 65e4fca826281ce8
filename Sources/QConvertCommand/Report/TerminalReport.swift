import QConvert

/// A metrics report for a terminal: totals, the layers at a glance, the worst tensors.
struct TerminalReport {
  let report: MetricsReport
  let style: TerminalStyle
  private static let shownCount = 20
  private static let leastNameWidth = 34

  init(_ report: MetricsReport, _ style: TerminalStyle) {
    self.report = report
    self.style = style
  }

  /// The text; `verbose` lists all quantized tensors.
  func text(verbose: Bool) -> String {
    let worst = report.worstFirst
    guard let lowest = worst.first else {
      return (summary + ["nothing is quantized, nothing is lost"]).joined(separator: "\n")
    }
    let shown = verbose ? worst[...] : worst.prefix(Self.shownCount)
    let left = worst.count - shown.count
    return
      (summary + [totals(lowest.figures), layers(worst.map(\.figures.signalToNoise)), ""]
      + table(Array(shown))
      + (left > 0 ? ["\(left) more, all better: --verbose"] : [])).joined(separator: "\n")
  }

  private var summary: [String] {
    let count = report.worstFirst.count
    return [
      "\(report.modelName): \(report.inputByteCount.asBytes) \(style.arrow) "
        + "\(report.outputByteCount.asBytes) (\(report.sizeShare.formatted(digits: 1)) %), "
        + "layout \(report.layout)",
      "\(count) of \(report.tensors.count.of("tensor")) quantized, "
        + "\((100 * report.coverage).formatted(digits: 1)) % of the bytes",
    ]
  }

  private func totals(_ worst: ErrorFigures) -> String {
    let total = report.total ?? worst
    let qualities = report.qualities.filter { $0.count > 0 }
      .map { "\($0.count) \($0.quality.label($0.count))" }.joined(separator: ", ")
    return "SQNR \(total.signalToNoise.decibels), max error "
      + "\(total.maxError.formatted(significant: 3)), clipped "
      + "\((100 * total.clippedShare).formatted(digits: 2)) %\n\(qualities)"
  }

  /// The ratios in model order, the lowest of a few where there are more than columns.
  private func layers(_ worstFirst: [Double]) -> String {
    let ratios = report.tensors.compactMap(\.figures?.signalToNoise)
    let finite = worstFirst.filter(\.isFinite)
    guard let low = finite.first, let high = finite.last else { return "SQNR by layer: lossless" }
    let title = "SQNR by layer "
    let range = " \(low.formatted(digits: 1)) to \(high.formatted(digits: 1)) dB"
    let count = min(ratios.count, max(style.width - title.count - range.count, 8))
    let line = (0..<count).map { column -> Double? in
      let part = ratios[column * ratios.count / count..<(column + 1) * ratios.count / count]
      return part.min().map { high > low ? ($0 - low) / (high - low) : 1 }
    }
    return title + style.sparkline(line) + range
  }

  private func table(
    _ shown: [(tensor: MetricsReport.Tensor, figures: ErrorFigures)]
  ) -> [String] {
    let best = shown.map(\.figures.signalToNoise).filter(\.isFinite).max() ?? 1
    var columns = [
      Column("SQNR dB", 9, isRight: true) {
        $0.1.signalToNoise.isFinite
          ? $0.1.signalToNoise.formatted(digits: 1) : "lossless"
      },
      Column("", 3) { style.bar(max($0.1.signalToNoise, 0) / max(best, 1), length: 6) },
      Column("max error", 5, isRight: true) { $0.1.maxError.formatted(significant: 3) },
      Column("clipped", 2, isRight: true) {
        "\((100 * $0.1.clippedShare).formatted(digits: 2)) %"
      },
      Column("cosine", 1, isRight: true) { $0.1.cosineSimilarity.formatted(digits: 6) },
      Column("size", 4) {
        "\($0.0.inputByteCount.asBytes) \(style.arrow) \($0.0.outputByteCount.asBytes)"
      },
      Column("after", 6) { $0.1.histogram.map(spread) ?? "" },
    ].map { Filled($0, shown) }
    // Names have what is left; what tells least makes room for them.
    let longest = shown.map(\.tensor.name.count).max() ?? 0
    let need = min(longest, Self.leastNameWidth)
    func room() -> Int { columns.reduce(style.width) { $0 - $1.width - 2 } }
    while room() < need, let least = columns.map(\.column.rank).min(), columns.count > 1 {
      columns.removeAll { $0.column.rank == least }
    }
    let width = max(room(), 8)
    let rows = shown.indices.map { row in
      [style.shorten(shown[row].tensor.name, to: width)] + columns.map { $0.cells[row] }
    }
    let right = Set(columns.indices.filter { columns[$0].column.isRight }.map { $0 + 1 })
    return [
      Console.table(
        [["tensor"] + columns.map(\.column.title)] + rows, rightAligned: right)
    ]
  }

  /// The values after quantization, in sixteen columns.
  private func spread(_ histogram: Histogram) -> String {
    let bins = stride(from: 0, to: histogram.after.count, by: 3).map { start in
      // The numbers come from a file.
      histogram.after[start..<min(start + 3, histogram.after.count)].reduce(0.0) { $0 + Double($1) }
    }
    let most = bins.max() ?? 0
    return style.sparkline(bins.map { most > 0 ? $0 / most : 0 })
  }

  private typealias Row = (MetricsReport.Tensor, ErrorFigures)

  private struct Column {
    let title: String
    /// The lowest ranks go first where there is no room.
    let rank: Int
    let isRight: Bool
    let cell: (Row) -> String

    init(_ title: String, _ rank: Int, isRight: Bool = false, cell: @escaping (Row) -> String) {
      self.title = title
      self.rank = rank
      self.isRight = isRight
      self.cell = cell
    }
  }

  /// A column with its cells.
  private struct Filled {
    let column: Column
    let cells: [String]
    let width: Int

    init(_ column: Column, _ rows: [(tensor: MetricsReport.Tensor, figures: ErrorFigures)]) {
      self.column = column
      cells = rows.map { column.cell(($0.tensor, $0.figures)) }
      width = ([column.title] + cells).map(\.count).max() ?? 0
    }
  }
}
