import Fixtures
import SystemPackage
import Testing

@testable import QConvert

@Suite struct WorkScheduleTests {
  /// A plan of tensors with these partitions; nothing of it is carried out.
  private func plan(_ partitions: [SlabPartition]) throws -> ConversionPlan {
    let directory = try TemporaryDirectory()
    let file = try InputFile(directory.write([0], to: "empty"))
    let tensors = partitions.enumerated().map { index, partition in
      let descriptor = TensorDescriptor(
        name: TensorName("t\(index)"), dtype: .uint8, shape: [partition.elementCount],
        bytes: 0..<partition.elementCount)
      return PlannedTensor(
        name: descriptor.name, dtype: .uint8, shape: descriptor.shape,
        decision: .copy(.notAWeight), rule: .kind, entries: [],
        inputByteCount: partition.elementCount,
        work: .copy(StoredTensor(file: file, descriptor: descriptor)), slabs: partition)
    }
    return ConversionPlan(tensors: tensors, files: [], closingEntries: [])
  }

  /// Tensors of no, one and many slabs, with and without a range pass.
  private func randomPartitions(_ random: inout SeededGenerator) -> [SlabPartition] {
    (0..<random.below(8)).map { _ in
      let length = random.pick([0, 1, 5, 30])
      guard length > 0, random.below(2) == 0 else {
        return SlabPartition(elementCount: length, length: 4)
      }
      let geometry = BlockGeometry(shape: [length], block: [length])
      return SlabPartition(geometry, limit: random.pick([3, 100]), packing: nil)
    }
  }

  /// A slab of a pass; items hold several.
  private struct Slab: Hashable {
    let tensor: Int
    let pass: WorkItem.Pass
    let slab: Int
  }

  @Test(arguments: UInt64(0)..<40)
  func `every slab is in the schedule once a pass, ranges before writing`(
    _ seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    var partitions = randomPartitions(&random)
    // From 128 slabs on, an item is of several.
    if seed % 2 == 0 { partitions.append(SlabPartition(elementCount: 1001, length: 4)) }
    let plan = try plan(partitions)
    let schedule = WorkSchedule(plan)
    let items = (0..<schedule.count).map { schedule[$0] }
    let slabs = items.flatMap { item in
      item.slabs.map { Slab(tensor: item.tensor, pass: item.pass, slab: $0) }
    }
    var expected = Set<Slab>()
    for (tensor, planned) in plan.tensors.enumerated() {
      for slab in 0..<planned.slabs.count {
        expected.insert(Slab(tensor: tensor, pass: .write, slab: slab))
        if planned.slabs.needsRangePass {
          expected.insert(Slab(tensor: tensor, pass: .range, slab: slab))
        }
      }
    }
    #expect(items.allSatisfy { !$0.slabs.isEmpty })
    #expect(slabs.count == expected.count)
    #expect(Set(slabs) == expected)
    for tensor in plan.tensors.indices {
      let own = slabs.filter { $0.tensor == tensor }
      let passes = own.map(\.pass)
      let writing = passes.firstIndex(of: .write) ?? passes.endIndex
      #expect(passes[..<writing].allSatisfy { $0 == .range })
      #expect(passes[writing...].allSatisfy { $0 == .write })
      #expect(own[..<writing].map(\.slab) == Array(0..<writing))
      #expect(own[writing...].map(\.slab) == Array(0..<own.count - writing))
    }
  }

  /// Slabs of one item share writes, but there are enough items for many workers.
  @Test(arguments: [(100, 1), (250, 3), (4000, 8)])
  func `an item is of more slabs where there are more`(_ slabs: Int, _ perItem: Int) throws {
    let schedule = WorkSchedule(
      try plan([SlabPartition(elementCount: slabs * 4, length: 4)]))
    #expect(schedule[0].slabs == 0..<perItem)
    #expect(schedule[schedule.count - 1].slabs.upperBound == slabs)
  }

  /// Whoever begins to write waits for the last slabs of the range pass: other work comes between.
  @Test func `the range pass of the next tensor comes before the writing of one`() throws {
    let geometry = BlockGeometry(shape: [8], block: [8])
    let large = SlabPartition(geometry, limit: 4, packing: nil)
    let schedule = WorkSchedule(try plan([large, large]))
    let items = (0..<schedule.count).map { schedule[$0] }
    #expect(items.map(\.tensor) == [0, 0, 1, 1, 0, 0, 1, 1])
    #expect(items.map(\.pass) == [.range, .range, .range, .range, .write, .write, .write, .write])
  }
}
