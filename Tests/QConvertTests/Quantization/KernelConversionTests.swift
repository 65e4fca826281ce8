import Testing

@testable import QConvert

@Suite struct KernelConversionTests {
  @Test(arguments: FloatPrecision.halves)
  func `every half widens to its value`(_ type: FloatPrecision) throws {
    let format = try #require(KernelReference.format(type))
    let patterns = Array(UInt16.min...UInt16.max)
    let expected = patterns.map { KernelReference.decode($0, format) }
    let bytes = patterns.flatMap { KernelReference.bytes($0) }
    for kernels in Kernels.available {
      let actual = kernels.widen(bytes, type)
      let wrong = patterns.indices.first {
        expected[$0].isNaN
          ? !actual[$0].isNaN : actual[$0].bitPattern != expected[$0].bitPattern
      }
      #expect(wrong == nil, "\(kernels.name)")
    }
  }

  /// Between two neighbours the middle goes to the even pattern, and a hair beside it to the nearer one.
  @Test(arguments: FloatPrecision.halves)
  func `every float beside a half or a midpoint narrows to the nearest`(
    _ type: FloatPrecision
  ) throws {
    let format = try #require(KernelReference.format(type))
    let count = format.magnitudes.count
    let last = format.magnitudes[count - 1]
    // One more step than there are finite patterns: infinity begins halfway to it.
    let steps = format.magnitudes + [last + last - format.magnitudes[count - 2]]
    var values: [Float] = []
    var expected: [UInt16] = []
    for code in 0..<count {
      let pattern = UInt16(code)
      let middle = Float((steps[code] + steps[code + 1]) / 2)
      values += [Float(steps[code]), middle.nextDown, middle, middle.nextUp]
      expected += [pattern, pattern, pattern + pattern % 2, pattern + 1]
    }
    values += [.greatestFiniteMagnitude, .infinity, .leastNonzeroMagnitude]
    expected += [UInt16(count), UInt16(count), 0]
    let bytes = expected.flatMap { KernelReference.bytes($0) }
    let negativeBytes = expected.flatMap { KernelReference.bytes($0 | 0x8000) }
    for kernels in Kernels.available {
      #expect(kernels.narrow(values, to: type) == bytes, "\(kernels.name)")
      #expect(kernels.narrow(values.map { -$0 }, to: type) == negativeBytes, "\(kernels.name)")
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `random floats narrow to the nearest, in any number`(_ type: FloatPrecision) {
    var random = SeededGenerator(seed: 6)
    for count in Array(0...70) + [1000] {
      let values = (0..<count).map { _ in
        random.below(2) == 0 ? random.finiteFloat() : random.weight(100_000)
      }
      let expected = KernelReference.bytes(values, type)
      for kernels in Kernels.available {
        #expect(kernels.narrow(values, to: type) == expected, "\(kernels.name), \(count)")
        let halves = kernels.widen(expected, type)
        #expect(halves.count == count)
        #expect(KernelReference.bytes(halves, type) == expected, "\(kernels.name), \(count)")
      }
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `NaN stays NaN`(_ type: FloatPrecision) {
    let values: [Float] = [.nan, -.nan, .signalingNaN, Float(bitPattern: 0xffff_ffff)]
    for kernels in Kernels.available {
      let narrowed = kernels.narrow(values, to: type)
      #expect(kernels.widen(narrowed, type).allSatisfy { $0.isNaN }, "\(kernels.name)")
    }
  }
}
