import Testing

@testable import QConvert

@Suite struct KernelRangeTests {
  @Test(arguments: FloatPrecision.ofKernels)
  func `runs of any length have their smallest and largest value`(_ type: FloatPrecision) {
    var random = SeededGenerator(seed: 4)
    for length in 1...70 {
      let runs = length.isMultiple(of: 3) ? 35 : 3
      let (values, bytes) = type.randomElements(runs * length, &random)
      let groups = (0..<runs).map { values[$0 * length..<($0 + 1) * length] }
      for kernels in Kernels.available {
        var min = [Float](repeating: .infinity, count: runs)
        var max = [Float](repeating: -.infinity, count: runs)
        let isFinite = kernels.rangeRuns(
          type, bytes, runs: runs, length: length, min: &min, max: &max)
        #expect(isFinite, "\(kernels.name), length \(length)")
        #expect(min == groups.map { $0.min() }, "\(kernels.name), length \(length)")
        #expect(max == groups.map { $0.max() }, "\(kernels.name), length \(length)")
      }
    }
  }

  @Test(arguments: FloatPrecision.ofKernels)
  func `lanes of any number are merged one by one`(_ type: FloatPrecision) {
    var random = SeededGenerator(seed: 5)
    for lanes in 0...70 {
      let (first, firstBytes) = type.randomElements(lanes, &random)
      let (second, secondBytes) = type.randomElements(lanes, &random)
      for kernels in Kernels.available {
        // One more than there are lanes: the last must not change.
        var min = [Float](repeating: .infinity, count: lanes + 1)
        var max = [Float](repeating: -.infinity, count: lanes + 1)
        for bytes in [firstBytes, secondBytes] {
          let isFinite = kernels.rangeLanes(type, bytes, lanes: lanes, min: &min, max: &max)
          #expect(isFinite, "\(kernels.name), \(lanes) lanes")
        }
        #expect(min == zip(first, second).map { Swift.min($0, $1) } + [.infinity])
        #expect(max == zip(first, second).map { Swift.max($0, $1) } + [-.infinity])
      }
    }
  }

  @Test func `runs widen what was seen before`() {
    let values = (0..<40).map { Float($0) }
    for kernels in Kernels.available {
      var min: [Float] = [-5, 3]
      var max: [Float] = [7, 100]
      let isFinite = kernels.rangeRuns(
        .float32, KernelReference.bytes(values, .float32), runs: 2, length: 20, min: &min,
        max: &max)
      #expect(isFinite)
      #expect(min == [-5, 3])
      #expect(max == [19, 100])
    }
  }

  @Test(arguments: FloatPrecision.halves)
  func `every half is told from NaN and infinity, and has its value`(
    _ type: FloatPrecision
  ) throws {
    let format = try #require(KernelReference.format(type))
    for kernels in Kernels.available {
      for pattern in UInt16.min...UInt16.max {
        let value = KernelReference.decode(pattern, format)
        var min: [Float] = [.infinity]
        var max: [Float] = [-.infinity]
        let isFinite = kernels.rangeRuns(
          type, KernelReference.bytes(pattern), runs: 1, length: 1, min: &min, max: &max)
        if isFinite != value.isFinite || (value.isFinite && (min[0] != value || max[0] != value)) {
          Issue.record("\(kernels.name), pattern \(pattern)")
        }
      }
    }
  }

  @Test(arguments: NonFinite.all)
  func `one value that is not finite is found wherever it is`(_ value: NonFinite) {
    let type = value.type
    let width = type.byteCount
    let lengths = Array(1...40) + [63, 64, 65, 1000]
    for length in lengths {
      let positions = length <= 65 ? Array(0..<length) : [0, 1, 499, 991, 992, 998, 999]
      let clean = [UInt8](repeating: 0, count: length * width)
      for position in positions {
        var bytes = clean
        bytes.replaceSubrange(position * width..<(position + 1) * width, with: value.bytes)
        for kernels in Kernels.available {
          var min = [Float](repeating: .infinity, count: length)
          var max = [Float](repeating: -.infinity, count: length)
          let inRun = kernels.rangeRuns(
            type, bytes, runs: 1, length: length, min: &min, max: &max)
          let inRuns = kernels.rangeRuns(
            type, bytes, runs: length, length: 1, min: &min, max: &max)
          let inLanes = kernels.rangeLanes(type, bytes, lanes: length, min: &min, max: &max)
          if inRun || inRuns || inLanes {
            Issue.record("\(kernels.name), \(position) of \(length)")
          }
        }
      }
    }
  }

  /// A pattern that is no number.
  struct NonFinite: Sendable, CustomTestStringConvertible {
    let type: FloatPrecision
    let bytes: [UInt8]

    var testDescription: String { "\(type) \(bytes)" }

    /// Infinities, quiet and signalling NaNs of both signs, the least and the greatest pattern.
    static let all: [NonFinite] =
      [0x7f80_0000, 0xff80_0000, 0x7f80_0001, 0xffc0_0000, 0xffff_ffff].map {
        NonFinite(type: .float32, bytes: KernelReference.bytes($0 as UInt32))
      }
      + [0x7c00, 0xfc00, 0x7c01, 0xfe00, 0xffff].map {
        NonFinite(type: .float16, bytes: KernelReference.bytes($0 as UInt16))
      }
      + [0x7f80, 0xff80, 0x7f81, 0xffc0, 0xffff].map {
        NonFinite(type: .bfloat16, bytes: KernelReference.bytes($0 as UInt16))
      }
  }
}
