import Fixtures
import Synchronization
import SystemPackage
import Testing

@testable import QConvert

/// Runs over tensors in compressed blocks, compared with runs over the same elements stored as they are.
@Suite struct DecodedTensorsTests {
  /// Keeps the bytes of entries.
  private final class MemorySink: EntrySink {
    let place: FilePath
    let bytes = Mutex<[TensorName: [UInt8]]>([:])

    init(beside place: FilePath) { self.place = place }

    func put(_ part: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) {
      bytes.withLock { bytes in
        let empty = [UInt8](repeating: 0xaa, count: entry.bytes.count)
        bytes[entry.entry.name, default: empty].replaceSubrange(
          offset..<offset + part.count, with: unsafe Array(part))
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String {
      "\(shape) in \(blockShape), \(granularity.map { "\($0)" } ?? "copied")"
    }
    let shape: [Int]
    let blockShape: [Int]
    /// Nil where the tensor is copied.
    let granularity: Granularity?
    let takesRangePass: Bool

    /// Rows of blocks fit a slab, or are wider; blocks have one line, or all, or reach beyond the tensor.
    static let all: [Case] = [
      ([100, 300], [10, 300], .perChannel(axis: 1), true),
      ([100, 300], [10, 300], .perChannel(axis: 0), false),
      ([100, 300], [70, 20], .perChannel(axis: 1), true),
      ([100, 300], [70, 20], .perChannel(axis: 0), false),
      ([100, 300], [101, 7], .perTensor, true),
      ([100, 300], [33, 301], nil, false),
      ([1, 30_000], [1, 900], .perTensor, true),
      ([3, 3, 40, 50], [3, 3, 8, 16], .perChannel(axis: 3), true),
      ([3, 3, 40, 50], [1, 2, 40, 50], .perChannel(axis: 3), true),
      ([3, 1, 100, 50], [1, 1, 30, 50], .perBlock(axis: 2, size: 10), false),
    ].map { Case(shape: $0, blockShape: $1, granularity: $2, takesRangePass: $3) }
  }

  /// All entries of a plan of one tensor, in slabs of 4 KiB.
  private func entries(
    of tensor: StoredTensor, _ test: Case, jobs: Int, beside place: FilePath
  ) throws -> [TensorName: [UInt8]] {
    let verdict = TensorVerdict(.copy(.notAWeight), .kind)
    let draft: PlanBuilder.Draft
    if let granularity = test.granularity {
      draft = try PlanBuilder.Draft(
        quantizing: tensor, QuantizationSpec(granularity: granularity), verdict, NativeLayout(),
        .builtIn, slabBytes: 4096)
    } else {
      draft = PlanBuilder.Draft(copying: tensor, verdict, slabBytes: 4096)
    }
    let plan = try PlanBuilder(files: [PlanBuilder.File(role: .main, metadata: [])]).plan([draft])
    #expect(plan.tensors[0].slabs.count > 1)
    #expect(plan.tensors[0].slabs.needsRangePass == test.takesRangePass)
    let sink = MemorySink(beside: place)
    try PipelineRun(plan, into: sink, progress: ConversionProgress()).run(jobs: jobs)
    return sink.bytes.withLock { $0 }
  }

  @Test(arguments: Case.all)
  func `compressed blocks give what plain elements give`(_ test: Case) throws {
    // As bfloat16 the numbers below 32640 are finite.
    let sample = try BlockSample(
      shape: test.shape, blockShape: test.blockShape,
      filters: [.shuffle(elementSize: 2), .deflate, .fletcher32], missing: [1], dtype: .bfloat16)
    let place = sample.directory.path("out")
    let plain = StoredTensor(
      file: try InputFile(sample.directory.write(sample.expected, to: "plain")),
      descriptor: TensorDescriptor(
        name: "t", dtype: .bfloat16, shape: test.shape, bytes: 0..<sample.expected.count))
    let expected = try entries(of: plain, test, jobs: 1, beside: place)
    #expect(!expected.isEmpty)
    for jobs in [1, 4] {
      #expect(try entries(of: sample.tensor, test, jobs: jobs, beside: place) == expected)
    }
    #expect(try sample.directory.contents == ["blocks", "plain"])
  }
}
