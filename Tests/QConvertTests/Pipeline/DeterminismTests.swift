import Testing

@testable import QConvert

@Suite struct DeterminismTests {
  @Test(arguments: ManyTensors.cases)
  func `the bytes depend neither on the workers nor on the memory`(
    _ test: ManyTensors.Case
  ) throws {
    let bench = try ManyTensors.bench()
    let expected = try bench.convert(test.options()).fileBytes
    for jobs in [1, 2, 7] {
      let bound = ManyTensors.smallestBound(jobs: jobs)
      let bounded = try bench.convert(test.options(jobs: jobs, memoryBound: bound))
      #expect(try bounded.fileBytes == expected, "\(jobs) jobs, \(bound) bytes")
      if jobs == 7 {
        let free = try bench.convert(test.options(jobs: jobs))
        #expect(try free.fileBytes == expected, "\(jobs) jobs")
      }
    }
  }

  /// The comparison above means something only if slabs are many and range passes take place.
  @Test func `a small memory bound leads to range passes and many slabs`() throws {
    let bench = try ManyTensors.bench()
    let options = try ManyTensors.cases[1].options(
      memoryBound: ManyTensors.smallestBound(jobs: 1))
    let plan = try Conversion(of: bench.input, options).plan
    let large = plan.tensors.filter(\.slabs.needsRangePass)
    #expect(large.map(\.name) == ["a.weight", "b.weight", "c.weight", "d.weight", "e.weight"])
    #expect(large.allSatisfy { $0.slabs.count > 1 })
  }

  @Test func `a memory bound below the least is an error that names the least`() throws {
    let bench = try ManyTensors.bench()
    for jobs in [1, 2, 7] {
      let least = ManyTensors.smallestBound(jobs: jobs)
      var options = try ManyTensors.cases[0].options(jobs: jobs, memoryBound: least - 1)
      #expect(throws: PlanError.memoryBoundTooSmall(least - 1, least: least)) {
        try Conversion(of: bench.input, options)
      }
      options.memoryBound = least
      #expect(throws: Never.self) { try Conversion(of: bench.input, options) }
    }
  }

  @Test(arguments: [0, 3, 7, 9])
  func `dequantizing gives the same bytes for any number of workers`(_ index: Int) throws {
    let bench = try ManyTensors.bench()
    let quantized = try bench.convert(ManyTensors.cases[index].options())
    let expected = try bench.dequantized(quantized, jobs: 1)
    for jobs in [2, 7] { #expect(try bench.dequantized(quantized, jobs: jobs) == expected) }
  }
}
