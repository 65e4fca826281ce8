import Testing

@testable import QConvert

/// The reference is slow; sets are compared with each other over more data.
@Suite struct KernelSetTests {
  @Test func `the baseline runs everywhere, and the best set is one of the available ones`() {
    let names = Kernels.available.map(\.name)
    #expect(names.first == "baseline")
    #expect(Set(names).count == names.count)
    #expect(names.contains(Kernels.best.name))
  }

  @Test(arguments: FloatPrecision.ofKernels, KernelCode.allCases)
  func `all sets give the same bits`(_ type: FloatPrecision, _ code: KernelCode) throws {
    var random = SeededGenerator(seed: 11)
    let baseline = try #require(Kernels.available.first)
    let (runs, length) = (7, 811)
    let bytes: [UInt8] =
      type == .float32
      ? (0..<runs * length).flatMap { _ in KernelReference.bytes(random.finiteFloat().bitPattern) }
      : (0..<runs * length).flatMap { _ in
        KernelReference.bytes(UInt16(truncatingIfNeeded: random.next()) & 0xbbff)
      }
    let affine = Affine.random(runs, code, &random)
    let ofLanes = Affine.random(runs * length, code, &random)
    let codes = baseline.quantizeRuns(type, code, bytes, runs: runs, length: length, affine)
    let laneCodes = baseline.quantizeLanes(type, code, bytes, lanes: runs * length, ofLanes)
    let values = baseline.dequantizeRuns(code, type, codes, runs: runs, length: length, affine)
    for kernels in Kernels.available.dropFirst() {
      #expect(
        kernels.quantizeRuns(type, code, bytes, runs: runs, length: length, affine) == codes)
      #expect(
        kernels.quantizeLanes(type, code, bytes, lanes: runs * length, ofLanes) == laneCodes)
      #expect(
        kernels.dequantizeRuns(code, type, codes, runs: runs, length: length, affine) == values)
      #expect(kernels.widen(bytes, type) == baseline.widen(bytes, type))
    }
  }
}
