import CKernels
import Testing

@testable import QConvert

@Suite struct ErrorFiguresTests {
  private func sums(_ errors: [Double], _ signals: [Double]) -> ErrorSums {
    var sums = ErrorSums()
    sums.sums.largest = errors.map(\.magnitude).max() ?? 0
    sums.sums.squared_error = errors.reduce(0) { $0 + $1 * $1 }
    sums.sums.squared_signal = signals.reduce(0) { $0 + $1 * $1 }
    sums.sums.squared_value = sums.sums.squared_signal
    sums.sums.product = sums.sums.squared_signal
    sums.count = errors.count
    return sums
  }

  @Test func `figures are those of all slabs together`() {
    let figures = ErrorFigures(
      ErrorSums([0: sums([0.1, -0.3], [3, 4]), 1: sums([0.2], [5])]))
    #expect(figures.maxError == 0.3)
    #expect(figures.count == 3)
    #expect(abs(figures.meanSquaredError - 0.14 / 3) < 1e-15)
    // 10 log10(50 / 0.14) = 25.52842...
    #expect(abs(figures.signalToNoise - 25.528_419_686_577_8) < 1e-9)
    #expect(abs(figures.cosineSimilarity - 1) < 1e-15)
  }

  @Test func `nothing lost is an infinite ratio`() {
    #expect(ErrorFigures(ErrorSums()).meanSquaredError == 0)
    #expect(ErrorFigures(ErrorSums()).signalToNoise == .infinity)
    let figures = ErrorFigures(sums([0, 0], [1, 2]))
    #expect(figures.maxError == 0)
    #expect(figures.signalToNoise == .infinity)
  }

  @Test func `two zero tensors have the same direction, one has none`() {
    #expect(ErrorFigures(sums([0], [0])).cosineSimilarity == 1)
    var lost = sums([1], [1])
    lost.sums.squared_value = 0
    #expect(ErrorFigures(lost).cosineSimilarity == 0)
  }

  @Test func `a sample has the same elements however the tensor is cut`() {
    for count in [1, 100, 2048, 5000, 1_000_003] {
      let whole = ValueSample.indices(in: 0..<count, of: count)
      let parts = (0..<count).chunks(of: 777).flatMap { ValueSample.indices(in: $0, of: count) }
      #expect(whole == parts, "\(count)")
      #expect(whole.count >= min(count, 2048) && whole.count <= 2 * 2048, "\(count)")
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `every instruction set gives the same sums, near those of doubles`(
    _ type: FloatPrecision
  ) throws {
    var random = SeededGenerator(seed: 5)
    for (count, magnitude) in [(1, 1.0), (15, 1), (1024, 1), (5000, 1), (100, 1e-25), (100, 1e25)] {
      // Beyond the halves' reach the values are zeros.
      let floats = (0..<count).map { _ in random.weight() * Float(magnitude) }
      let bytes = try #require(Kernels.available.first).narrow(floats, to: type)
      let originals = try #require(Kernels.available.first).widen(bytes, type)
      guard originals.allSatisfy(\.isFinite) else { continue }
      let values = originals.map { ($0 * 8 / Float(magnitude)).rounded() / 8 * Float(magnitude) }
      let codes = (0..<count).map { [UInt8(0x80), 0x7f, 3][$0 % 3] }
      let results = Kernels.available.map { $0.errors(type, bytes, values, codes) }
      let found = try #require(results.first)
      for other in results {
        #expect(other.squared_error == found.squared_error)
        #expect(other.squared_signal == found.squared_signal)
        #expect(other.squared_value == found.squared_value)
        #expect(other.product == found.product)
        #expect(other.largest == found.largest)
        #expect(other.clipped == found.clipped)
      }
      let pairs = zip(originals, values).map { (Double($0), Double($1)) }
      func isNear(_ sum: Double, _ expected: Double) -> Bool {
        abs(sum - expected) <= 1e-5 * abs(expected) + 1e-300
      }
      #expect(isNear(found.squared_error, pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }))
      #expect(isNear(found.squared_signal, pairs.reduce(0) { $0 + $1.0 * $1.0 }))
      #expect(isNear(found.squared_value, pairs.reduce(0) { $0 + $1.1 * $1.1 }))
      #expect(isNear(found.product, pairs.reduce(0) { $0 + $1.0 * $1.1 }))
      let clipped = zip(pairs, codes).count { pair, code in
        code == 0x7f && pair.0 > pair.1 || code == 0x80 && pair.0 < pair.1
      }
      #expect(found.clipped == clipped)
    }
  }
}
