import Testing

@testable import QConvert

@Suite struct ErrorFiguresTests {
  private func sums(_ errors: [Double], _ signals: [Double]) -> ErrorFigures.Sums {
    var sums = ErrorFigures.Sums()
    sums.maxError = errors.map(\.magnitude).max() ?? 0
    sums.squaredError = errors.reduce(0) { $0 + $1 * $1 }
    sums.squaredSignal = signals.reduce(0) { $0 + $1 * $1 }
    sums.count = errors.count
    return sums
  }

  @Test func `figures are those of all slabs together`() {
    var figures = ErrorFigures()
    figures.add(sums([0.1, -0.3], [3, 4]), at: 0)
    figures.add(sums([0.2], [5]), at: 1)
    #expect(figures.maxError == 0.3)
    #expect(abs(figures.meanSquaredError - 0.14 / 3) < 1e-15)
    // 10 log10(50 / 0.14) = 25.52842...
    #expect(abs(figures.signalToNoise - 25.528_419_686_577_8) < 1e-9)
  }

  @Test func `figures do not depend on which slab comes first`() {
    var random = SeededGenerator(seed: 21)
    let slabs = (0..<50).map { _ in
      sums([Double(random.weight())], [Double(random.weight(100))])
    }
    var forwards = ErrorFigures()
    for (index, slab) in slabs.enumerated() { forwards.add(slab, at: index) }
    var backwards = ErrorFigures()
    for (index, slab) in slabs.enumerated().reversed() { backwards.add(slab, at: index) }
    #expect(forwards.maxError == backwards.maxError)
    #expect(forwards.meanSquaredError == backwards.meanSquaredError)
    #expect(forwards.signalToNoise == backwards.signalToNoise)
  }

  @Test func `nothing lost is an infinite ratio`() {
    var figures = ErrorFigures()
    #expect(figures.meanSquaredError == 0)
    #expect(figures.signalToNoise == .infinity)
    figures.add(sums([0, 0], [1, 2]), at: 0)
    #expect(figures.maxError == 0)
    #expect(figures.signalToNoise == .infinity)
  }
}
